/*
title = "When people who may have made many ties at once made them"
grain = "one row per such person and slot of days in which a tie of theirs began"
key   = ["person_key", "slot_no"]

[columns]
person_key = {}
slot_no    = {}
tie_count  = { type = "BIGINT", unit = "ties", min = 1, doc = "Ties in contact that began in it." }
*/
with tie as (
    select
        tie.person_key,
        tie.tie_days
    from staging.tie as tie
    where
        tie.contact_months > 0
        and tie.tie_days not in (select import_day.tie_days from audits.import_day as import_day)
),

bound as (
    select
        max(ring_window.window_days + rule.slot_days) as longest_days,
        min(ring_window.fewest_spokes) as fewest
    from reference.ring_window as ring_window
    cross join reference.ring_rule as rule
),

-- Two stretches in turn hold any window: most people have too few ties in them to be looked at.
stretch as (
    select
        tie.person_key,
        tie.tie_days // bound.longest_days as stretch_no,
        bound.fewest,
        count(*) as tie_count
    from tie
    cross join bound
    group by tie.person_key, tie.tie_days // bound.longest_days, bound.fewest
),

busy as (
    select distinct newer.person_key
    from stretch as newer
    left join stretch as older
        on newer.person_key = older.person_key and newer.stretch_no + 1 = older.stretch_no
    where newer.tie_count + coalesce(older.tie_count, 0) >= newer.fewest
)

select
    tie.person_key,
    tie.tie_days // rule.slot_days as slot_no,
    count(*) as tie_count
from tie
cross join reference.ring_rule as rule
where tie.person_key in (select busy.person_key from busy)
group by tie.person_key, tie.tie_days // rule.slot_days
