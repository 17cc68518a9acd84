/*
title = "Identity details as they stand"
grain = "one row per person and kind of detail that was ever verified or changed"
key   = ["person_key", "field"]
by_person = true

[columns]
person_key        = {}
field             = { null = false }
value_hash        = {}
last_changed_date = { type = "DATE", null = true, doc = "Day of the last `changed` event; empty where it never changed." }
is_verified       = { type = "BOOLEAN", doc = "Whether the last of verified / changed is verified." }
*/
with ranked as (
    select
        *,
        row_number() over (
            partition by person_key, field order by event_time desc, event_id desc
        ) as newest_no
    from raw.profile
    where event_type in ('verified', 'changed')
)

select
    person_key,
    field,
    max(case when newest_no = 1 then value_hash end) as value_hash,
    max(case when event_type = 'changed' then event_date end) as last_changed_date,
    count(*) filter (where newest_no = 1 and event_type = 'verified') > 0 as is_verified
from ranked
group by person_key, field
