/*
title = "Credit services: agreements kept and broken"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key         = {}
services_fulfilled = {}
service_breaches   = {}
*/
with total as (
    select
        person_key,
        count(*) filter (
            where is_fulfilled and ended_date > $as_of_date - interval 365 day
        ) as fulfilled_count,
        count(*) filter (
            where breach_date > $as_of_date - interval 365 day
        ) as recent_breach_count,
        count(*) filter (
            where breach_date > $as_of_date - interval 730 day
            and breach_date <= $as_of_date - interval 365 day
        ) as earlier_breach_count
    from staging.agreement
    group by person_key
)

select
    person.person_key,
    total.fulfilled_count as services_fulfilled,
    2 * total.recent_breach_count + total.earlier_breach_count as service_breaches
from staging.person as person
left join total on person.person_key = total.person_key
