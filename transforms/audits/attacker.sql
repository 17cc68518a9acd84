/*
title = "People on whose records attacks are tried, and what they have before"
grain = "one row per scorecard and scored person, of many people an even choice over their records"
key   = ["scorecard", "person_key"]

[columns]
scorecard     = {}
person_key    = {}
attacker_no   = { type = "BIGINT", doc = "Place by own record, from the lowest; equals by person_id." }
attackers     = { type = "BIGINT", unit = "people", doc = "How many there are on this scorecard." }
own_ppm       = { type = "BIGINT", unit = "parts per million", doc = "The person's own record." }
numerator     = { type = "BIGINT", doc = "Of the neighbour mean." }
denominator   = { type = "BIGINT", min = 1, doc = "Of the neighbour mean." }
friend_points = { type = "BIGINT", unit = "points", doc = "Points of friend_reliability." }
social_points = { type = "BIGINT", unit = "points", doc = "Points of the social factor." }
score         = { null = false }
next_gate     = { type = "BIGINT", unit = "points", null = true, doc = "Lowest score that opens a further benefit; no score opens those behind an enforced wall." }
next_band     = { type = "BIGINT", unit = "points", null = true, doc = "Lowest score of the next band." }
*/
with placed as (
    select
        record.*,
        row_number() over (
            partition by record.scorecard order by record.own_ppm, person.person_id
        ) as place,
        (count(*) over (partition by record.scorecard) - 1) // 20000 + 1 as step,
        count(*) over (partition by record.scorecard) as scored_people
    from scores.friend_reliability as record
    inner join events.person as person on record.person_key = person.person_key
),

-- Never more than 20,000, so that a million people cost no more.
attacker as (
    select
        placed.*,
        placed.place // placed.step as attacker_no,
        placed.scored_people // placed.step as attackers,
        score.score,
        score.score - card.base - own_points.own_points as social_points
    from placed
    inner join reference.card as card on placed.scorecard = card.scorecard
    inner join scores.own_points as own_points
        on placed.scorecard = own_points.scorecard and placed.person_key = own_points.person_key
    inner join scores.score as score
        on placed.scorecard = score.scorecard and placed.person_key = score.person_key
    where placed.place % placed.step = 0
),

reached as (
    select distinct
        scorecard,
        score
    from attacker
),

gate as (
    select
        reached.scorecard,
        reached.score,
        min(benefit.min_score) as next_gate,
        min(band.at_least) as next_band
    from reached
    left join reference.benefit as benefit
        on
            reached.scorecard = benefit.scorecard
            and reached.score < benefit.min_score
            and not benefit.is_wall_enforced
    left join reference.band as band
        on reached.scorecard = band.scorecard and reached.score < band.at_least
    group by reached.scorecard, reached.score
)

select
    attacker.scorecard,
    attacker.person_key,
    cast(attacker.attacker_no as bigint) as attacker_no,
    cast(attacker.attackers as bigint) as attackers,
    attacker.own_ppm,
    attacker.numerator,
    attacker.denominator,
    attacker.friend_points,
    cast(attacker.social_points as bigint) as social_points,
    attacker.score,
    gate.next_gate,
    gate.next_band
from attacker
inner join gate on attacker.scorecard = gate.scorecard and attacker.score = gate.score
