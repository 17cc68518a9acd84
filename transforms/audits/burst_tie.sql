/*
title = "Ties of a burst: people who became friends with each other at about the same time"
grain = "one row per pair of friends in contact who meet the rule of a window"
key   = ["low_key", "high_key"]

[columns]
low_key        = { type = "BIGINT", min = 0, doc = "The smaller person_key of the pair." }
high_key       = { type = "BIGINT", min = 0, doc = "The larger person_key of the pair." }
tie_days       = { type = "BIGINT", unit = "days", min = 0, doc = "Age of the tie." }
contact_months = { type = "BIGINT", unit = "30-day months", min = 1, max = 12, doc = "Months of the last 12 with contact in both directions." }
window_days    = {}
triangle_count = { type = "BIGINT", unit = "triangles", min = 1, doc = "Friends of both: all three ties of the triangle began within the window." }
common_count   = { type = "BIGINT", unit = "people", min = 1, doc = "Friends of both in contact, whenever the ties began." }
near_ppm       = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "Ties of the whole graph that began within the window of this one: squared, the chance that a common friend's two ties did." }
*/
with counted as (
    select
        side.low_key,
        side.high_key,
        ring_window.window_no,
        ring_window.window_days,
        count(*) as triangle_count
    from audits.triangle_side as side
    inner join reference.ring_window as ring_window on side.span_days <= ring_window.window_days
    group by
        side.low_key,
        side.high_key,
        ring_window.window_no,
        ring_window.window_days,
        ring_window.fewest_triangles
    having count(*) >= ring_window.fewest_triangles
),

common as (
    select
        pair.low_key,
        pair.high_key,
        count(*) as common_count
    from (
        select distinct
            counted.low_key,
            counted.high_key
        from counted
    ) as pair
    inner join staging.tie as one on pair.low_key = one.person_key
    inner join staging.tie as other
        on pair.high_key = other.person_key and one.friend_key = other.friend_key
    where one.contact_months > 0 and other.contact_months > 0
    group by pair.low_key, pair.high_key
),

candidate as (
    select
        counted.*,
        common.common_count,
        tie.tie_days,
        tie.contact_months
    from counted
    inner join common
        on counted.low_key = common.low_key and counted.high_key = common.high_key
    inner join staging.tie as tie
        on counted.low_key = tie.person_key and counted.high_key = tie.friend_key
    cross join reference.ring_rule as rule
    where counted.triangle_count * 1000000 >= common.common_count * rule.common_ppm
),

-- More than the times of the graph alone would bring together.
surprising as (
    select
        candidate.*,
        times.near_ppm,
        row_number() over (
            partition by candidate.low_key, candidate.high_key order by candidate.window_no
        ) as place
    from candidate
    cross join reference.ring_rule as rule
    inner join audits.tie_time as times
        on
            candidate.tie_days // rule.slot_days = times.slot_no
            and candidate.window_days = times.window_days
    where
        candidate.triangle_count * 1000000
        >= times.near_ppm * times.near_ppm // 1000000 * candidate.common_count * rule.times_expected
)

select
    low_key,
    high_key,
    tie_days,
    contact_months,
    window_days,
    triangle_count,
    common_count,
    near_ppm
from surprising
where place = 1
