/*
title = "What became of the scored"
grain = "one row per scored person with a bill that fell due in the 90 days after the snapshot"
key   = ["person_id"]

[columns]
person_id        = {}
as_of_date       = {}
known_on         = {}
run              = { type = "VARCHAR", doc = "Run of the snapshot within its dates." }
outcome_date     = { type = "DATE", doc = "The day by whose end the bills are looked at, 120 days after as_of_date." }
outcome_known_on = { type = "DATE", doc = "What had arrived by then counts." }
bills            = { type = "BIGINT", unit = "bills", min = 1, doc = "Bills of more than nothing that fell due in the 90 days after the snapshot." }
late_bills       = { type = "BIGINT", unit = "bills", min = 0, doc = "Of these, 30 or more days late." }
longest_delay_days  = { type = "BIGINT", unit = "days", min = 0, doc = "Most days that one of them was late, or is, unpaid." }
is_bad           = {}

[[checks]]
name = "bad is who has a late bill"
sql  = "select * from {batch} where is_bad <> (late_bills > 0) or late_bills > bills"
*/
-- $as_of_date is the day of the outcome: 120 days after the snapshot's.
with person_bills as (
    select
        person_key,
        cast(count(*) as bigint) as bills,
        cast(count(*) filter (where days_late >= 30) as bigint) as late_bills,
        cast(max(days_late) as bigint) as longest_delay_days
    from staging.bill
    where due_date > $as_of_date - interval 120 day and due_date <= $as_of_date - interval 30 day
    group by person_key
)

select
    scored.person_id,
    evaluated.as_of_date,
    evaluated.known_on,
    evaluated.run,
    cast($as_of_date as date) as outcome_date,
    cast($known_on as date) as outcome_known_on,
    person_bills.bills,
    person_bills.late_bills,
    person_bills.longest_delay_days,
    person_bills.late_bills > 0 as is_bad
from person_bills
inner join events.person as person on person_bills.person_key = person.person_key
inner join outcomes.scored_person as scored on person.person_id = scored.person_id
cross join outcomes.evaluated as evaluated
