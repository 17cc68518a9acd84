/*
title = "Sides of triangles of ties that all began within the longest window"
grain = "one row per triangle of people in contact and side of it"
key   = ["low_key", "high_key", "third_key"]

[columns]
low_key   = { type = "BIGINT", min = 0, doc = "The smaller person_key of the side." }
high_key  = { type = "BIGINT", min = 0, doc = "The larger person_key of the side." }
third_key = { type = "BIGINT", min = 0, doc = "person_key of the third corner." }
span_days = { type = "BIGINT", unit = "days", min = 0, doc = "From the first of the three ties to the last." }
*/
with pair as (
    select
        person_key as low_key,
        friend_key as high_key,
        tie_days
    from staging.tie
    where
        person_key < friend_key
        and contact_months > 0
        and tie_days not in (select import_day.tie_days from audits.import_day as import_day)
),

degree as (
    select
        person_key,
        count(*) as tie_count
    from staging.tie
    where contact_months > 0
    group by person_key
),

-- From the end with fewer ties to that with more: a hub starts few, so that it costs no more.
start as (
    select
        case when low.tie_count <= high.tie_count then pair.low_key else pair.high_key end
            as from_key,
        case when low.tie_count <= high.tie_count then pair.high_key else pair.low_key end
            as to_key,
        pair.tie_days
    from pair
    inner join degree as low on pair.low_key = low.person_key
    inner join degree as high on pair.high_key = high.person_key
),

longest as (
    select max(window_days) as window_days
    from reference.ring_window
),

wedge as (
    select
        one.from_key,
        one.to_key as low_key,
        other.to_key as high_key,
        least(one.tie_days, other.tie_days) as youngest_days,
        greatest(one.tie_days, other.tie_days) as oldest_days
    from start as one
    inner join start as other on one.from_key = other.from_key and one.to_key < other.to_key
    cross join longest
    where abs(one.tie_days - other.tie_days) <= longest.window_days
),

triangle as (
    select
        wedge.from_key,
        wedge.low_key,
        wedge.high_key,
        greatest(wedge.oldest_days, pair.tie_days) - least(wedge.youngest_days, pair.tie_days)
            as span_days
    from wedge
    inner join pair on wedge.low_key = pair.low_key and wedge.high_key = pair.high_key
)

select
    low_key,
    high_key,
    from_key as third_key,
    span_days
from triangle
union all
select
    least(from_key, low_key) as low_key,
    greatest(from_key, low_key) as high_key,
    high_key as third_key,
    span_days
from triangle
union all
select
    least(from_key, high_key) as low_key,
    greatest(from_key, high_key) as high_key,
    low_key as third_key,
    span_days
from triangle
