with counted as (
    select
        as_of_date,
        band_no,
        band,
        count(*) as people
    from {{ ref('person_month') }}
    where score is not null
    group by all
)

select
    *,
    people / cast(sum(people) over (partition by as_of_date) as double) as share
from counted
order by as_of_date, band_no
