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
-- 10^10 pairs. A group in which one of its details is missing belongs to no one.
grouped as (
    select
        *,
        count(*) over (partition by phone) as phone_count,
        count(*) over (partition by bank_account) as bank_account_count,
        count(*) over (partition by device) as device_count,
        count(*) over (partition by phone, bank_account) as phone_bank_account_count,
        count(*) over (partition by phone, device) as phone_device_count,
        count(*) over (partition by bank_account, device) as bank_account_device_count,
        count(*) over (partition by phone, bank_account, device) as all_count
    from holder
)

select
    person_key,
    case when phone is not null then phone_count else 0 end
    + case when bank_account is not null then bank_account_count else 0 end
    + case when device is not null then device_count else 0 end
    - case
        when phone is not null and bank_account is not null
            then phone_bank_account_count
        else 0
    end
    - case when phone is not null and device is not null then phone_device_count else 0 end
    - case
        when bank_account is not null and device is not null
            then bank_account_device_count
        else 0
    end
    + case
        when phone is not null and bank_account is not null and device is not null
            then all_count
        else 0
    end
    - 1 as people_count
from grouped
