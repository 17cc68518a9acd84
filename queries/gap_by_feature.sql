-- What is the gap between men and everyone else made of, on the newest date?
select
    feature,
    round(feature_gap, 2) as gap_points
from gap_split
where
    as_of_date = (select max(as_of_date) from dim_date)
    and attribute = 'gender'
    and group_name = 'male'
order by abs(feature_gap) desc, feature asc
limit 5
