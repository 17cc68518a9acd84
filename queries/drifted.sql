-- Which features have drifted most since the date before?
select
    measure,
    round(psi, 3) as psi,
    bins,
    people_before,
    people_after
from psi(
    (select previous_date from dim_date where is_latest),
    (select as_of_date from dim_date where is_latest)
)
order by psi desc, measure asc
limit 5
