/*
title = "Stars: people who made many ties at once with people who do not know each other"
grain = "one row per hub"
key   = ["hub_key"]

[columns]
hub_key        = {}
window_days    = {}
spoke_count    = { type = "BIGINT", unit = "ties", min = 1, doc = "Ties in contact that began within the window, less those to people met through friends." }
expected_milli = {}
closed_count   = { type = "BIGINT", unit = "ties", min = 0, doc = "Live ties among all people at the other ends of the ties of the window." }
closed_expected_milli = { type = "BIGINT", unit = "thousandths of a tie", min = 0, doc = "What is likely among as many friends of one person." }
closed_chance_milli = { type = "BIGINT", unit = "thousandths of a tie", min = 0, doc = "What is likely among as many strangers." }
*/
with closed as (
    select
        one.hub_key,
        count(*) as closed_count
    from audits.spoke as one
    inner join staging.tie as between_them on one.spoke_key = between_them.person_key
    inner join audits.spoke as other
        on one.hub_key = other.hub_key and between_them.friend_key = other.spoke_key
    where one.spoke_key < other.spoke_key
    group by one.hub_key
),

met as (
    select
        hub_key,
        count(*) filter (where is_new) as new_count
    from audits.spoke
    group by hub_key
),

counted as (
    select
        hub.hub_key,
        hub.window_days,
        met.new_count,
        hub.expected_milli,
        coalesce(closed.closed_count, 0) as closed_count,
        hub.spoke_count,
        hub.spoke_count * (hub.spoke_count - 1) // 2
        * (closure.closed_count * 1000000 // closure.pair_count) // 1000 as closed_expected_milli,
        hub.spoke_count * (hub.spoke_count - 1) // 2 * closure.tied_ppm // 1000
            as closed_chance_milli
    from audits.hub_burst as hub
    inner join audits.closure as closure on closure.pair_count > 0
    inner join met on hub.hub_key = met.hub_key
    left join closed on hub.hub_key = closed.hub_key
)

select
    counted.hub_key,
    counted.window_days,
    counted.new_count as spoke_count,
    counted.expected_milli,
    counted.closed_count,
    counted.closed_expected_milli,
    counted.closed_chance_milli
from counted
inner join reference.ring_window as ring_window on counted.window_days = ring_window.window_days
cross join reference.ring_rule as rule
where
    counted.new_count * 1000 >= ring_window.fewest_spokes * 1000 + counted.expected_milli
    and counted.new_count * 1000 >= counted.expected_milli * rule.hub_times_expected
    and counted.closed_expected_milli >= rule.fewest_closed * 1000
    and (counted.closed_count * 1000 - counted.closed_chance_milli) * 1000
    <= least(
        counted.closed_expected_milli * rule.closed_ppm // 1000,
        counted.spoke_count * rule.closed_per_spoke_ppm
    )
