/*
title = "Accounts"
grain = "one row per person whose account was ever opened, frozen or unfrozen"
key   = ["person_key"]
by_person = true

[columns]
person_key  = {}
opened_date = { type = "DATE", null = true, doc = "Day of the earliest `opened` event." }
is_frozen   = { type = "BOOLEAN", doc = "Whether the last of frozen / unfrozen is frozen." }
*/
with ranked as (
    select
        person_key,
        event_type,
        event_date,
        row_number() over (
            partition by person_key, event_type = 'opened'
            order by event_time desc, event_id desc
        ) as newest_no
    from raw.profile
    where event_type in ('opened', 'frozen', 'unfrozen')
)

select
    person_key,
    min(case when event_type = 'opened' then event_date end) as opened_date,
    count(*) filter (where event_type = 'frozen' and newest_no = 1) > 0 as is_frozen
from ranked
group by person_key
