/*
title = "The other ends of the ties that hubs made at once, and the friends in common"
grain = "one row per hub and tie in contact that began within its window"
key   = ["hub_key", "spoke_key"]

[columns]
hub_key      = {}
spoke_key    = {}
tie_days     = { type = "BIGINT", unit = "days", min = 0, doc = "Age of the tie." }
common_count = { type = "BIGINT", unit = "people", min = 0, doc = "Friends of both, whenever the ties began." }
met_count    = { type = "BIGINT", unit = "ties", min = 0, doc = "Other ties in contact of the spoke that began at about the same time as that with the hub." }
is_new       = { type = "BOOLEAN", doc = "Whether these are too few to explain the tie: neither friends of the hub nor many people met at once." }
*/
with tie as (
    select
        hub.hub_key,
        tie.friend_key as spoke_key,
        tie.tie_days
    from audits.hub_burst as hub
    inner join staging.tie as tie on hub.hub_key = tie.person_key
    cross join reference.ring_rule as rule
    where
        tie.contact_months > 0
        and tie.tie_days >= hub.slot_no * rule.slot_days
        and tie.tie_days < hub.end_slot_no * rule.slot_days
        and tie.tie_days not in (select import_day.tie_days from audits.import_day as import_day)
),

common as (
    select
        tie.hub_key,
        tie.spoke_key,
        count(*) as common_count
    from tie
    inner join staging.tie as of_spoke on tie.spoke_key = of_spoke.person_key
    inner join staging.tie as of_hub
        on tie.hub_key = of_hub.person_key and of_spoke.friend_key = of_hub.friend_key
    group by tie.hub_key, tie.spoke_key
),

met as (
    select
        tie.hub_key,
        tie.spoke_key,
        count(*) as met_count
    from tie
    inner join staging.tie as of_spoke on tie.spoke_key = of_spoke.person_key
    cross join reference.ring_rule as rule
    where
        of_spoke.contact_months > 0
        and of_spoke.friend_key <> tie.hub_key
        and abs(of_spoke.tie_days - tie.tie_days) <= rule.slot_days
    group by tie.hub_key, tie.spoke_key
)

select
    tie.hub_key,
    tie.spoke_key,
    tie.tie_days,
    coalesce(common.common_count, 0) as common_count,
    coalesce(met.met_count, 0) as met_count,
    coalesce(common.common_count, 0) < rule.fewest_common
    and coalesce(met.met_count, 0) < rule.fewest_met as is_new
from tie
cross join reference.ring_rule as rule
left join met on tie.hub_key = met.hub_key and tie.spoke_key = met.spoke_key
left join common on tie.hub_key = common.hub_key and tie.spoke_key = common.spoke_key
