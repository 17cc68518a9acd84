/*
title = "Personal information: verified, stable, one's own"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key          = {}
verified_fields     = {}
account_age_months  = {}
contact_stable_days = {}
identity_conflicts  = {}
*/
with detail as (
    select
        person_key,
        count(*) filter (where is_verified and field <> 'device') as verified_count,
        max(case
            when field in ('phone', 'address', 'bank_account') then last_changed_date
        end) as contact_changed_date
    from staging.identity_detail
    group by person_key
)

select
    person.person_key,
    case when person.has_profile_event then coalesce(detail.verified_count, 0) end
        as verified_fields,
    date_diff('day', account.opened_date, $as_of_date) // 30 as account_age_months,
    cast(date_diff(
        'day', coalesce(detail.contact_changed_date, account.opened_date), $as_of_date
    ) as bigint) as contact_stable_days,
    identity_conflict.people_count as identity_conflicts
from staging.person as person
left join detail on person.person_key = detail.person_key
left join staging.account as account on person.person_key = account.person_key
left join staging.identity_conflict as identity_conflict
    on person.person_key = identity_conflict.person_key
