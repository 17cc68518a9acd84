/*
title = "What became of the scored"
grain = "one row per scored person with a bill that fell due in the horizon after the snapshot"
key   = ["person_id"]
bad   = "who let a bill that fell due in the {horizon_days} days after the snapshot become {grace_days} or more days late"
horizon_days = 90
grace_days   = 30

[columns]
person_id        = {}
as_of_date       = {}
known_on         = {}
run              = { type = "VARCHAR", doc = "Run of the snapshot within its dates." }
outcome_date     = { type = "DATE", doc = "The day by whose end the bills are looked at: horizon and grace after as_of_date." }
outcome_known_on = { type = "DATE", doc = "What had arrived by then counts: the first day on which all until outcome_date was delivered." }
bills            = { type = "BIGINT", unit = "bills", min = 1, doc = "Bills of more than nothing that fell due in the horizon." }
late_bills       = { type = "BIGINT", unit = "bills", min = 0, doc = "Of these, those late by the days of grace or more." }
longest_delay_days  = { type = "BIGINT", unit = "days", min = 0, doc = "Most days that one of them was late, or is, unpaid." }
is_bad           = {}

[[checks]]
name = "bad is who has a late bill"
sql  = "select * from {batch} where is_bad <> (late_bills > 0) or late_bills > bills"
*/
-- $as_of_date is the day of the outcome; outcomes.evaluated has the snapshot and its horizon.
with person_bill as (
    select
        bill.person_key,
        cast(count(*) as bigint) as bills,
        cast(count(*) filter (where bill.days_late >= evaluated.grace_days) as bigint)
            as late_bills,
        cast(max(bill.days_late) as bigint) as longest_delay_days
    from staging.bill as bill
    inner join outcomes.evaluated as evaluated
        on bill.due_date > evaluated.as_of_date and bill.due_date <= evaluated.horizon_date
    group by bill.person_key
)

select
    scored.person_id,
    evaluated.as_of_date,
    evaluated.known_on,
    evaluated.run,
    cast($as_of_date as date) as outcome_date,
    cast($known_on as date) as outcome_known_on,
    person_bill.bills,
    person_bill.late_bills,
    person_bill.longest_delay_days,
    person_bill.late_bills > 0 as is_bad
from person_bill
inner join events.person as person on person_bill.person_key = person.person_key
inner join outcomes.scored_person as scored on person.person_id = scored.person_id
cross join outcomes.evaluated as evaluated
