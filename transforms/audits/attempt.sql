/*
title = "Social features as an attack would leave them"
grain = "one row per scorecard, attack and attacker"
key   = ["scorecard", "attack_no", "person_key"]

[columns]
scorecard           = {}
attack_no           = {}
person_key          = {}
numerator           = { type = "BIGINT", doc = "Of the neighbour mean." }
denominator         = { type = "BIGINT", min = 1, doc = "Of the neighbour mean." }
two_way_months      = {}
median_tie_days     = {}
top_tie_share       = {}
scored_friend_share = {}
*/
with joined as (
    select
        attacker.scorecard,
        gained.attack_no,
        attacker.person_key,
        attacker.numerator + gained.contact_months * gained.clipped_ppm as numerator,
        attacker.denominator + gained.contact_months * gained.scored_tie_count as denominator,
        had.tie_count + gained.friend_count as tie_count,
        had.scored_tie_count + gained.scored_tie_count as scored_tie_count,
        had.total_months + gained.contact_months * gained.friend_count as total_months,
        had.scored_months + gained.contact_months * gained.scored_tie_count as scored_months,
        greatest(had.top_months, gained.contact_months) as top_months,
        30 * gained.contact_months as new_days,
        had.warm_count,
        case when gained.contact_months >= 3 then gained.friend_count else 0 end as new_warm_count
    from audits.new_tie as gained
    inner join audits.attacker as attacker
        on gained.scorecard = attacker.scorecard and gained.person_key = attacker.person_key
    inner join audits.attacker_tie as had
        on gained.scorecard = had.scorecard and gained.person_key = had.person_key
),

middle as (
    select
        *,
        (warm_count + new_warm_count - 1) // 2 + 1 as middle_place
    from joined
),

warm_tie as (
    select
        person_key,
        tie_days,
        row_number() over (partition by person_key order by tie_days, friend_key) as place
    from staging.tie
    where
        contact_months >= 3
        and person_key in (select attacker.person_key from audits.attacker as attacker)
)

-- The new ties, all of one age, stand in a row among the old: the middle one of all is the old tie
-- of that place, or the one so many places lower, or the new age, whichever lies between the others.
select
    middle.scorecard,
    middle.attack_no,
    middle.person_key,
    middle.numerator,
    middle.denominator,
    least(middle.scored_months, 60) as two_way_months,
    case
        when middle.warm_count + middle.new_warm_count > 0
            then greatest(
                least(middle.new_days, coalesce(above.tie_days, middle.new_days)),
                coalesce(below.tie_days, 0)
            )
    end as median_tie_days,
    cast(middle.top_months as double) / middle.total_months as top_tie_share,
    cast(middle.scored_tie_count as double) / middle.tie_count as scored_friend_share
from middle
left join warm_tie as above
    on middle.person_key = above.person_key and middle.middle_place = above.place
left join warm_tie as below
    on
        middle.person_key = below.person_key
        and middle.middle_place - middle.new_warm_count = below.place
