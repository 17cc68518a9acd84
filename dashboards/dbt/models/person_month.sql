with lost as (
    select person_id, as_of_date, factor_label, sum(points_lost) as points_lost
    from {{ source('plainscore', 'feature_point') }}
    where is_month_end and points is not null
    group by all
),

opened as (
    select person_id, as_of_date, count(*) filter (is_open) as benefits_open
    from {{ source('plainscore', 'benefit') }}
    where is_month_end
    group by all
)

select
    score.person_id || ' ' || score.as_of_date as person_month,
    score.person_id,
    score.as_of_date,
    score.is_latest,
    score.score,
    score.band_no,
    score.band,
    coalesce(any_value(opened.benefits_open), 0) as benefits_open,
    arg_max(lost.factor_label, lost.points_lost) as costliest_factor,
    cast(max(lost.points_lost) as bigint) as costliest_points
from {{ source('plainscore', 'score') }} as score
left join lost using (person_id, as_of_date)
left join opened using (person_id, as_of_date)
where score.is_month_end
group by all
