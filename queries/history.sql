-- How did one person's score go? Put another person_id in the first line.
with asked as (select 'p0000014' as person_id)

select
    as_of_date,
    score,
    band,
    score - lag(score) over (order by as_of_date) as change,
    not_scored_code
from score
where person_id = (select person_id from asked)
order by as_of_date
