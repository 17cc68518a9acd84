/*
title = "Every published row carries the two dates of its snapshot"
level = "fail"
stage = "published"
*/
with

day as (
    select
        'features' as table_name,
        as_of_date,
        known_on
    from published.features
    union all
    select
        'score' as table_name,
        as_of_date,
        known_on
    from published.score
    union all
    select
        'points' as table_name,
        as_of_date,
        known_on
    from published.points
    union all
    select
        'factor' as table_name,
        as_of_date,
        known_on
    from published.factor
    union all
    select
        'reason' as table_name,
        as_of_date,
        known_on
    from published.reason
    union all
    select
        'friend' as table_name,
        as_of_date,
        known_on
    from published.friend
    union all
    select
        'card' as table_name,
        as_of_date,
        known_on
    from published.card
    union all
    select
        'factor_card' as table_name,
        as_of_date,
        known_on
    from published.factor_card
    union all
    select
        'feature_card' as table_name,
        as_of_date,
        known_on
    from published.feature_card
    union all
    select
        'bin_card' as table_name,
        as_of_date,
        known_on
    from published.bin_card
    union all
    select
        'band_card' as table_name,
        as_of_date,
        known_on
    from published.band_card
    union all
    select
        'benefit_card' as table_name,
        as_of_date,
        known_on
    from published.benefit_card
    union all
    select
        'not_scored_rule' as table_name,
        as_of_date,
        known_on
    from published.not_scored_rule
)

select
    table_name,
    as_of_date,
    known_on,
    count(*) as row_count
from day
where as_of_date is distinct from $as_of_date or known_on is distinct from $known_on
group by table_name, as_of_date, known_on
