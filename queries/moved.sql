-- Whose score moved most since the date before?
select
    person_id,
    score_before,
    score_after,
    score_change
from compare(
    (select previous_date from dim_date where is_latest),
    (select as_of_date from dim_date where is_latest)
)
where score_change is not null
order by abs(score_change) desc, person_id asc
limit 5
