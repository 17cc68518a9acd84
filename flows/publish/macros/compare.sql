/*
Everyone's score on day d1 beside day d2: one row per person of either day.
Example: from compare('2026-09-30', '2026-10-31') order by score_change limit 10
*/
create macro compare(d1, d2) as table
with

before as (
    select *
    from score
    where as_of_date = cast(d1 as date)
),

after as (
    select *
    from score
    where as_of_date = cast(d2 as date)
)

select
    coalesce(before.person_id, after.person_id) as person_id,
    before.score as score_before,
    after.score as score_after,
    after.score - before.score as score_change,
    before.band as band_before,
    after.band as band_after,
    before.band_no as band_no_before,
    after.band_no as band_no_after,
    before.not_scored_code as not_scored_code_before,
    after.not_scored_code as not_scored_code_after
from before
full join after on before.person_id = after.person_id
