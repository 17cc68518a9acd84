/*
title = "Social connections, but for friend_reliability"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key          = {}
two_way_months      = {}
median_tie_days     = {}
top_tie_share       = {}
scored_friend_share = {}
*/
with friend as (
    select
        tie.*,
        coalesce(scoring_status.is_scored, false) as is_scored
    from staging.tie as tie
    left join features.scoring_status as scoring_status
        on tie.friend_key = scoring_status.person_key
),

total as (
    select
        person_key,
        count(*) as tie_count,
        count(*) filter (where is_scored) as scored_count,
        cast(sum(contact_months) as bigint) as contact_months,
        cast(sum(case when is_scored then contact_months else 0 end) as bigint)
            as scored_contact_months,
        max(contact_months) as top_contact_months
    from friend
    group by person_key
),

-- The lower of the two middle values where the count is even.
warm_tie as (
    select
        person_key,
        tie_days,
        row_number() over (partition by person_key order by tie_days, friend_key) as place,
        count(*) over (partition by person_key) as tie_count
    from staging.tie
    where contact_months >= 3
)

select
    person.person_key,
    case when total.person_key is not null then least(total.scored_contact_months, 60) end
        as two_way_months,
    warm_tie.tie_days as median_tie_days,
    cast(total.top_contact_months as double) / nullif(total.contact_months, 0) as top_tie_share,
    cast(total.scored_count as double) / nullif(total.tie_count, 0) as scored_friend_share
from staging.person as person
left join total on person.person_key = total.person_key
left join warm_tie
    on
        person.person_key = warm_tie.person_key
        and warm_tie.place = (warm_tie.tie_count - 1) // 2 + 1
