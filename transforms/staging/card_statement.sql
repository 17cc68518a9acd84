/*
title = "Card bills that state balance and limit"
grain = "one row per card bill with a balance and a credit limit above 0; amount 0 included"
key   = ["person_key", "bill_id"]
by_person = true

[columns]
person_key         = {}
bill_id            = { null = false }
event_time         = {}
event_date         = {}
balance_cents      = { null = false }
credit_limit_cents = { null = false }
repaid_cents       = { type = "BIGINT", unit = "cents", min = 0, doc = "Payments less reversals on the bill, at least 0." }
*/
select
    person_key,
    bill_id,
    event_time,
    event_date,
    balance_cents,
    credit_limit_cents,
    greatest(net_cents, 0) as repaid_cents
from staging.bill_total
where bill_type = 'card' and balance_cents is not null and credit_limit_cents > 0
