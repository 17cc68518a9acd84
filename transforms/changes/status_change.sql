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
        case
            when status_before in ('scored', 'not there') then status_before
            else 'not scored'
        end as kind_before,
        case
            when status_rules in ('scored', 'not there') then status_rules
            else 'not scored'
        end as kind_rules,
        case
            when status_late_data in ('scored', 'not there') then status_late_data
            else 'not scored'
        end as kind_late_data,
        case
            when status_time in ('scored', 'not there') then status_time
            else 'not scored'
        end as kind_time,
        case
            when status_after in ('scored', 'not there') then status_after
            else 'not scored'
        end as kind_after
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
