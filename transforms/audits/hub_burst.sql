/*
title = "People who made many ties at once, against their own rate and the times of the graph"
grain = "one row per hub, with the window that is furthest from what was expected"
key   = ["hub_key"]

[columns]
hub_key        = {}
window_days    = {}
slot_no        = {}
end_slot_no    = { type = "BIGINT", min = 1, doc = "The first slot that is older than the window." }
spoke_count    = { type = "BIGINT", unit = "ties", min = 1, doc = "Ties in contact that began within the window." }
expected_milli = {}
*/
with life as (
    select
        person_key,
        max(slot_no) as first_slot_no,
        cast(sum(tie_count) as bigint) as tie_count
    from audits.busy_slot
    group by person_key
),

counted as (
    select
        slot.person_key,
        slot.slot_no,
        ring_window.window_days,
        slot.slot_no + ring_window.slot_count as end_slot_no,
        ring_window.fewest_spokes as fewest,
        cast(sum(older.tie_count) as bigint) as spoke_count
    from audits.busy_slot as slot
    cross join reference.ring_window as ring_window
    inner join audits.busy_slot as older
        on
            slot.person_key = older.person_key
            and slot.slot_no <= older.slot_no
            and slot.slot_no + ring_window.slot_count > older.slot_no
    group by
        slot.person_key,
        slot.slot_no,
        ring_window.window_days,
        ring_window.slot_count,
        ring_window.fewest_spokes
    having cast(sum(older.tie_count) as bigint) >= ring_window.fewest_spokes
),

-- Who is new has no usual rate: the window must not be most of what they have seen.
expected as (
    select
        counted.*,
        (life.tie_count - counted.spoke_count) * 1000 * times.window_count
        // (seen.until_count - times.window_count) as expected_milli
    from counted
    inner join life on counted.person_key = life.person_key
    inner join audits.tie_time as times
        on counted.slot_no = times.slot_no and counted.window_days = times.window_days
    inner join audits.tie_time as seen
        on life.first_slot_no = seen.slot_no and counted.window_days = seen.window_days
    cross join reference.ring_rule as rule
    where
        times.window_count < seen.until_count
        and times.window_count * 1000000 <= seen.until_count * rule.life_ppm
),

ranked as (
    select
        expected.*,
        row_number() over (
            partition by expected.person_key
            order by
                (expected.spoke_count * 1000 - expected.expected_milli)
                * (expected.spoke_count * 1000 - expected.expected_milli)
                // (expected.expected_milli + rule.window_prior * 1000) desc,
                expected.window_days asc,
                expected.slot_no asc
        ) as place
    from expected
    cross join reference.ring_rule as rule
    where
        expected.spoke_count * 1000 >= expected.fewest * 1000 + expected.expected_milli
        and expected.spoke_count * 1000 >= expected.expected_milli * rule.hub_times_expected
)

select
    person_key as hub_key,
    window_days,
    slot_no,
    end_slot_no,
    spoke_count,
    expected_milli
from ranked
where place = 1
