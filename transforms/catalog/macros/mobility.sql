/*
How many people moved from which band on day d1 to which on day d2; 'not scored' has band_no 0,
'no record' (no person on that day) has -1. share: of the people of the band on day d1.
Example: from mobility('2026-09-30', '2026-10-31')
*/
create macro mobility(d1, d2) as table
with before as (from score where as_of_date = cast(d1 as date)),

after as (from score where as_of_date = cast(d2 as date)),

moved as (
    select
        if(before.person_id is null, -1, coalesce(before.band_no, 0)) as band_no_before,
        if(before.person_id is null, 'no record', coalesce(before.band, 'not scored'))
            as band_before,
        if(after.person_id is null, -1, coalesce(after.band_no, 0)) as band_no_after,
        if(after.person_id is null, 'no record', coalesce(after.band, 'not scored')) as band_after,
        count(*) as people
    from before
    full join after on before.person_id = after.person_id
    group by all
)

select
    *,
    people / cast(sum(people) over (partition by band_no_before) as double) as share
from moved
order by band_no_before, band_no_after
