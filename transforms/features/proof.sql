/*
title = "Proof of identity: details that are verified, with a value, and have stayed so"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key      = {}
proven_fields   = {}
shared_identity = {}
*/
with word as (
    select
        profile.person_key,
        profile.field,
        profile.event_time,
        profile.event_id,
        profile.event_date,
        case
            when profile.event_type = 'verified' and profile.value_hash = identity_detail.value_hash
                then 0
            else 1
        end as says_other
    from raw.profile as profile
    inner join staging.identity_detail as identity_detail
        on
            profile.person_key = identity_detail.person_key
            and profile.field = identity_detail.field
    where profile.event_type in ('verified', 'changed') and profile.field <> 'device'
),

-- A change, another value or none: what was verified before it no longer counts.
spell as (
    select
        person_key,
        field,
        event_date,
        cast(sum(says_other) over (
            partition by person_key, field
            order by event_time desc, event_id desc
            rows between unbounded preceding and current row
        ) as bigint) as others_since
    from word
),

detail as (
    select
        person_key,
        field,
        min(event_date) as verified_date
    from spell
    where others_since = 0
    group by person_key, field
),

proven as (
    select
        person_key,
        count(*) as proven_fields
    from detail
    where verified_date <= $as_of_date - interval 90 day
    group by person_key
),

holder as (
    select
        person_key,
        count(*) over (partition by field, value_hash) - 1 as other_people
    from staging.identity_detail
    where
        field in ('national_id', 'phone', 'bank_account', 'device') and value_hash is not null
),

shared as (
    select
        person_key,
        max(other_people) as shared_identity
    from holder
    group by person_key
)

select
    person.person_key,
    case when person.has_profile_event then coalesce(proven.proven_fields, 0) end as proven_fields,
    shared.shared_identity
from staging.person as person
left join proven on person.person_key = proven.person_key
left join shared on person.person_key = shared.person_key
