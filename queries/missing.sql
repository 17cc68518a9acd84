-- Of how many people is a feature missing, on the newest date?
select
    feature,
    factor,
    count(*) filter (where value is null) as missing
from feature_point
where is_latest
group by feature_no, feature, factor
order by missing desc, feature_no asc
limit 6
