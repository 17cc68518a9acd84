/*
title = "Scores"
grain = "one row per scorecard and person, scored or not"
key   = ["scorecard", "person_key"]

[columns]
scorecard  = {}
person_key = {}
score      = {}
band       = {}
band_no    = {}
score_rank = {}
not_scored_code = {}

[[checks]]
name = "a person has a score or a code that tells why not"
sql  = "select * from {batch} where (score is null) = (not_scored_code is null)"
*/
with

total as (
    select
        factor.scorecard,
        factor.person_key,
        card.base
        + factor.credit_history
        + factor.purchase_behaviour
        + factor.performance_reliability
        + factor.personal_information
        + factor.social_connections as score
    from scores.factor as factor
    inner join reference.card as card on factor.scorecard = card.scorecard
),

-- Ranked by how many have each score: an order of everybody would be the work of one machine.
counted as (
    select
        scorecard,
        score,
        count(*) as people_count
    from total
    group by scorecard, score
),

place as (
    select
        own.scorecard,
        own.score,
        coalesce(cast(sum(higher.people_count) as bigint), 0) + 1 as score_rank
    from counted as own
    left join counted as higher
        on own.scorecard = higher.scorecard and own.score < higher.score
    group by own.scorecard, own.score
)

select
    card.scorecard,
    scoring_status.person_key,
    cast(total.score as integer) as score,
    band.band,
    cast(band.band_no as integer) as band_no,
    place.score_rank,
    scoring_status.not_scored_code
from features.scoring_status as scoring_status
cross join reference.card as card
left join total
    on card.scorecard = total.scorecard and scoring_status.person_key = total.person_key
left join place on total.scorecard = place.scorecard and total.score = place.score
left join reference.band as band
    on total.scorecard = band.scorecard and total.score between band.at_least and band.at_most
