/*
title = "At which cause people's status changed"
grain = "one row per person of either snapshot"
key   = ["person_id"]

[columns]
person_id     = {}
status_before = {}
status_after  = {}
status_cause  = {}
*/
-- Being scored, not scored or not there comes before the code that says why.
with kind as (
    select
        *,
        if(status_before in ('scored', 'not there'), status_before, 'not scored') as kind_before,
        if(status_rules in ('scored', 'not there'), status_rules, 'not scored') as kind_rules,
        if(status_late_data in ('scored', 'not there'), status_late_data, 'not scored')
            as kind_late_data,
        if(status_time in ('scored', 'not there'), status_time, 'not scored') as kind_time,
        if(status_after in ('scored', 'not there'), status_after, 'not scored') as kind_after
    from changes.person_state
)

select
    person_id,
    status_before,
    status_after,
    case
        when status_before = status_after then cast(null as varchar)
        when kind_before = kind_after and status_time <> status_after then 'new_events'
        when kind_before = kind_after and status_late_data <> status_after then 'time'
        when kind_before = kind_after and status_rules <> status_after then 'late_data'
        when kind_before = kind_after then 'rules'
        when kind_time <> kind_after then 'new_events'
        when kind_late_data <> kind_after then 'time'
        when kind_rules <> kind_after then 'late_data'
        else 'rules'
    end as status_cause
from kind
