/*
title = "When ties in contact began: the times of the whole graph"
grain = "one row per slot of days in which a tie began, and window"
key   = ["slot_no", "window_days"]

[columns]
slot_no      = {}
window_days  = {}
until_count  = { type = "BIGINT", unit = "ties", min = 1, doc = "Live ties in contact that began in the slot or later." }
window_count = { type = "BIGINT", unit = "ties", min = 1, doc = "Those that began within the window that begins with the slot and goes back from it." }
near_ppm     = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "Those that began within a window of it, before or after, of all." }
*/
with slot as (
    select
        tie.tie_days // rule.slot_days as slot_no,
        count(*) as tie_count
    from staging.tie as tie
    cross join reference.ring_rule as rule
    where tie.person_key < tie.friend_key and tie.contact_months > 0
    group by tie.tie_days // rule.slot_days
),

counted as (
    select
        slot.slot_no,
        ring_window.window_days,
        cast(sum(other.tie_count) as bigint) as all_count,
        cast(sum(
            case when other.slot_no <= slot.slot_no then other.tie_count else 0 end
        ) as bigint) as until_count,
        cast(sum(
            case
                when
                    other.slot_no >= slot.slot_no
                    and other.slot_no < slot.slot_no + ring_window.slot_count
                    then other.tie_count
                else 0
            end
        ) as bigint) as window_count,
        cast(sum(
            case
                when abs(other.slot_no - slot.slot_no) <= ring_window.slot_count
                    then other.tie_count
                else 0
            end
        ) as bigint) as near_count
    from slot
    cross join slot as other
    cross join reference.ring_window as ring_window
    group by slot.slot_no, ring_window.window_days
)

select
    slot_no,
    window_days,
    until_count,
    window_count,
    near_count * 1000000 // all_count as near_ppm
from counted
