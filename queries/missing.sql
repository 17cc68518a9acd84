-- Of how many people is a feature missing, on the newest date?
with valued as (
    unpivot (
        select * exclude (person_id, as_of_date, known_on)
        from features
        where as_of_date = (select max(as_of_date) from dim_date)
    )
    on columns(*)
    into name feature value value
),

present as (
    select
        feature,
        count(*) as people
    from valued
    group by feature
)

select
    dim_feature.feature,
    dim_feature.factor,
    run.people - coalesce(present.people, 0) as missing
from dim_feature
inner join run on run.is_shown and run.as_of_date = (select max(as_of_date) from dim_date)
left join present on dim_feature.feature = present.feature
order by missing desc, dim_feature.feature_no asc
limit 6
