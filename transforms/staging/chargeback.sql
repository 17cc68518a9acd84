/*
title = "Chargebacks of known purchases"
grain = "one row per chargeback event whose purchase is known"
key   = ["event_id"]
by_person = true

[columns]
person_key = {}
event_id   = {}
event_date = {}
*/
select
    chargeback.person_key,
    chargeback.event_id,
    chargeback.event_date
from raw.purchase as chargeback
inner join staging.purchase as purchase
    on chargeback.person_key = purchase.person_key and chargeback.order_id = purchase.order_id
where chargeback.event_type = 'chargeback'
