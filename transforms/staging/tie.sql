/*
title = "Live ties, seen from either end"
grain = "one row per person and friend whose tie is live: every tie stands here twice"
key   = ["person_key", "friend_key"]

[columns]
person_key     = {}
friend_key     = { null = false }
tie_days       = { type = "BIGINT", unit = "days", min = 0, doc = "Age of the tie, from the `added` that began its present life." }
contact_months = { type = "BIGINT", unit = "30-day months", min = 0, max = 12, doc = "Months of the last 12 with contact in both directions." }
*/
with change as (
    select
        least(person_key, friend_key) as low_key,
        greatest(person_key, friend_key) as high_key,
        event_date,
        event_type,
        event_time,
        event_id
    from raw.friendship
    where event_type in ('added', 'removed')
),

-- An `added` belongs to the present life of its tie when no `removed` follows it.
placed as (
    select
        *,
        count(*) filter (where event_type = 'removed') over (
            partition by low_key, high_key
            order by event_time desc, event_id desc
            rows between unbounded preceding and current row
        ) as later_removal_count
    from change
),

live as (
    select
        low_key,
        high_key,
        min(event_date) as since_date
    from placed
    where event_type = 'added' and later_removal_count = 0
    group by low_key, high_key
),

warm as (
    select
        low_key,
        high_key,
        cast(count(*) as bigint) as contact_months
    from staging.contact
    group by low_key, high_key
),

pair as (
    select
        live.low_key,
        live.high_key,
        cast(date_diff('day', live.since_date, $as_of_date) as bigint) as tie_days,
        coalesce(warm.contact_months, 0) as contact_months
    from live
    left join warm on live.low_key = warm.low_key and live.high_key = warm.high_key
)

select
    low_key as person_key,
    high_key as friend_key,
    tie_days,
    contact_months
from pair
union all
select
    high_key as person_key,
    low_key as friend_key,
    tie_days,
    contact_months
from pair
