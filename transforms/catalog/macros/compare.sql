/*
Everyone's score on day d1 beside day d2: one row per person of either day. The causes sum to the
change; they are empty until `plainscore why` or `plainscore compare` was asked of the two days.
Example: from compare('2026-09-30', '2026-10-31') order by score_change limit 10
*/
create macro compare(d1, d2) as table
with before as (from score where as_of_date = cast(d1 as date)),

after as (from score where as_of_date = cast(d2 as date)),

shown as (from run where is_shown),

cause as (
    from change
    where
        as_of_date_before = cast(d1 as date)
        and as_of_date = cast(d2 as date)
        and known_on_before = (select known_on from shown where as_of_date = cast(d1 as date))
        and known_on = (select known_on from shown where as_of_date = cast(d2 as date))
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
    after.not_scored_code as not_scored_code_after,
    cause.rules_change,
    cause.late_data_change,
    cause.time_change,
    cause.new_events_change,
    cause.rules_friends,
    cause.late_data_friends,
    cause.time_friends,
    cause.new_events_friends,
    cause.status_cause,
    cause.is_carried
from before
full join after on before.person_id = after.person_id
left join cause on cause.person_id = coalesce(before.person_id, after.person_id)
