/*
title = "Benefits"
grain = "one row per scored person and benefit, champion scorecard"
key   = ["person_id", "as_of_date", "benefit"]

[columns]
person_id     = {}
as_of_date    = {}
known_on      = {}
scorecard     = {}
benefit       = {}
min_score     = { type = "INTEGER", unit = "points", doc = "Lowest score at which it is open." }
is_open       = { type = "BOOLEAN", doc = "Whether the person has it open: by the score, or by the score in context where the wall is enforced." }
points_short  = { type = "INTEGER", unit = "points", min = 0, doc = "Points missing of the score that decides; 0 where open." }
is_harm_sensitive = { type = "BOOLEAN", doc = "Hiring, dating, housing." }
source        = { type = "VARCHAR", doc = "Where the threshold comes from." }
context       = { null = true }
accepts       = { null = true }
is_wall_enforced   = { null = true }
is_open_in_context = { type = "BOOLEAN", null = true, doc = "Whether score_in_context opens it; like the other columns of contexts empty in snapshots of before version 0.3." }
score_in_context   = {}
*/
with placed as (
    select
        score.person_id,
        score.as_of_date,
        score.known_on,
        score.scorecard,
        score.score,
        benefit_card.benefit,
        benefit_card.min_score,
        benefit_card.is_harm_sensitive,
        benefit_card.source,
        benefit_card.context,
        benefit_card.accepts,
        benefit_card.is_wall_enforced,
        case
            when benefit_card.is_walled then accepted.score_in_context
            when not benefit_card.is_walled then score.score
        end as score_in_context
    from score
    inner join benefit_card
        on
            score.as_of_date = benefit_card.as_of_date
            and score.scorecard_no = benefit_card.scorecard_no
    left join context_score as accepted
        on
            score.as_of_date = accepted.as_of_date
            and score.person_id = accepted.person_id
            and benefit_card.accepts = accepted.accepts
    where score.score is not null
),

decided as (
    select
        *,
        if(is_wall_enforced, score_in_context, score) as deciding_score
    from placed
)

select
    person_id,
    as_of_date,
    known_on,
    scorecard,
    benefit,
    min_score,
    deciding_score >= min_score as is_open,
    greatest(min_score - deciding_score, 0) as points_short,
    is_harm_sensitive,
    source,
    context,
    accepts,
    is_wall_enforced,
    score_in_context >= min_score as is_open_in_context,
    score_in_context
from decided
