/*
title = "Identity details that others hold too"
grain = "one row per person with a current phone, bank account or device"
key   = ["person_key"]

[columns]
person_key   = {}
people_count = { type = "BIGINT", unit = "people", min = 0, doc = "Other people who hold at least one of the three now; each once." }
*/
with holder as (
    select
        person_key,
        max(case when field = 'phone' then value_hash end) as phone,
        max(case when field = 'bank_account' then value_hash end) as bank_account,
        max(case when field = 'device' then value_hash end) as device
    from staging.identity_detail
    where field in ('phone', 'bank_account', 'device') and value_hash is not null
    group by person_key
),

-- Counts of groups, by inclusion and exclusion: a hash that 100,000 people share must not cost
-- 10^10 pairs. Of a group in which one of its details is missing (null) no one is counted.
grouped as (
    select
        *,
        count(phone) over (partition by phone) as phone_count,
        count(bank_account) over (partition by bank_account) as bank_account_count,
        count(device) over (partition by device) as device_count,
        count(phone || bank_account) over (partition by phone, bank_account) as phone_bank_count,
        count(phone || device) over (partition by phone, device) as phone_device_count,
        count(bank_account || device) over (partition by bank_account, device)
            as bank_device_count,
        count(phone || bank_account || device) over (partition by phone, bank_account, device)
            as all_count
    from holder
)

select
    person_key,
    phone_count + bank_account_count + device_count
    - phone_bank_count - phone_device_count - bank_device_count
    + all_count - 1 as people_count
from grouped
