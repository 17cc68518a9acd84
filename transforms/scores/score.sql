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

ranked as (
    select
        *,
        rank() over (partition by scorecard order by score desc) as score_rank
    from total
)

select
    card.scorecard,
    scoring_status.person_key,
    cast(ranked.score as integer) as score,
    band.band,
    cast(band.band_no as integer) as band_no,
    cast(ranked.score_rank as bigint) as score_rank,
    scoring_status.not_scored_code
from features.scoring_status as scoring_status
cross join reference.card as card
left join ranked
    on card.scorecard = ranked.scorecard and scoring_status.person_key = ranked.person_key
left join reference.band as band
    on ranked.scorecard = band.scorecard and ranked.score between band.at_least and band.at_most
