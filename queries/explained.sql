-- Where does one person's score come from, feature by feature? Put another person_id in the call.
select
    factor,
    feature,
    value,
    points,
    max_points
from explain('p0000014', (select max(as_of_date) from dim_date))
order by max_points - points desc, feature asc
limit 10
