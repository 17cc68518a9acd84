/*
title = "Every published finding carries the two dates of its snapshot"
level = "fail"
stage = "published"
*/
with

day as (
    select
        'distribution' as table_name,
        as_of_date,
        known_on
    from published.distribution
    union all
    select
        'inequality' as table_name,
        as_of_date,
        known_on
    from published.inequality
    union all
    select
        'gap' as table_name,
        as_of_date,
        known_on
    from published.gap
    union all
    select
        'gap_split' as table_name,
        as_of_date,
        known_on
    from published.gap_split
    union all
    select
        'benefit_access' as table_name,
        as_of_date,
        known_on
    from published.benefit_access
    union all
    select
        'gaming' as table_name,
        as_of_date,
        known_on
    from published.gaming
    union all
    select
        'assortativity' as table_name,
        as_of_date,
        known_on
    from published.assortativity
    union all
    select
        'ring' as table_name,
        as_of_date,
        known_on
    from published.ring
    union all
    select
        'ring_member' as table_name,
        as_of_date,
        known_on
    from published.ring_member
    union all
    select
        'band_move' as table_name,
        as_of_date,
        known_on
    from published.band_move
    union all
    select
        'benefit_move' as table_name,
        as_of_date,
        known_on
    from published.benefit_move
)

select
    table_name,
    as_of_date,
    known_on,
    count(*) as row_count
from day
where as_of_date is distinct from $as_of_date or known_on is distinct from $known_on
group by table_name, as_of_date, known_on
