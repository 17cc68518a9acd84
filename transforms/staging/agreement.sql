/*
title = "Credit service agreements and how they ended"
grain = "one row per agreement of a person"
key   = ["person_key", "agreement_id"]
by_person = true

[columns]
person_key    = {}
agreement_id  = { null = false }
due_date      = { null = false }
ended_date    = { type = "DATE", null = true, doc = "Day of the first `ended` event; empty while open." }
breach_date   = { type = "DATE", null = true, doc = "Day on which the agreement counts as breached, at most once; empty where it was not." }
is_fulfilled  = { type = "BOOLEAN", doc = "Ended on or before due_date and never breached." }

[[checks]]
name = "a fulfilled agreement has no breach"
sql  = "select * from {batch} where is_fulfilled and breach_date is not null"
*/
-- A second `started` with the same agreement_id is ignored.
with started as (
    select service.*
    from raw.service as service
    anti join staging.later_service as later on service.event_id = later.event_id
    where service.event_type = 'started'
),

outcome as (
    select
        person_key,
        agreement_id,
        min(case when event_type = 'ended' then event_date end) as ended_date,
        min(case when event_type = 'breached' then event_date end) as breached_date
    from raw.service
    where event_type in ('ended', 'breached')
    group by person_key, agreement_id
),

-- Three ways to breach, each with its day; the far future stands for "not this way".
breach as (
    select
        started.person_key,
        started.agreement_id,
        started.due_date,
        outcome.ended_date,
        outcome.breached_date,
        coalesce(outcome.breached_date, date '9999-12-31') as broken_date,
        case
            when outcome.ended_date > started.due_date then outcome.ended_date
            else date '9999-12-31'
        end as late_end_date,
        case
            when outcome.ended_date <= started.due_date + interval 30 day then date '9999-12-31'
            else cast(started.due_date + interval 31 day as date)
        end as abandoned_date
    from started
    left join outcome
        on started.person_key = outcome.person_key and started.agreement_id = outcome.agreement_id
)

select
    person_key,
    agreement_id,
    due_date,
    ended_date,
    case
        when least(broken_date, late_end_date, abandoned_date) <= $as_of_date
            then least(broken_date, late_end_date, abandoned_date)
    end as breach_date,
    coalesce(ended_date <= due_date, false) and breached_date is null as is_fulfilled
from breach
