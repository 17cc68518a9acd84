-- For how many is a benefit 10 points away or less, on the newest date?
select
    benefit,
    min_score,
    count(*) filter (where is_open) as has_it,
    count(*) filter (where not is_open and points_short <= 10) as almost
from benefit
where as_of_date = (select max(as_of_date) from dim_date)
group by benefit, min_score
order by min_score, benefit
