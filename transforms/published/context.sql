/*
title = "Who gains or loses which benefit by the wall"
grain = "one row per scorecard, group, and benefit that does not accept all contexts"
key   = ["scorecard_no", "attribute", "group_name", "benefit"]

[columns]
as_of_date            = {}
known_on              = {}
scorecard             = {}
scorecard_no          = {}
attribute             = { in = ["everyone", "region", "gender", "age_band"] }
group_name            = {}
benefit_no            = { type = "INTEGER", min = 1, doc = "Place of the benefit on the list." }
benefit               = {}
context               = {}
accepts               = {}
is_harm_sensitive     = { type = "BOOLEAN", doc = "Hiring, dating, housing." }
is_wall_enforced      = {}
people                = {}
open_without_wall_count = { type = "BIGINT", unit = "people", min = 0, doc = "Open by the score, without the wall." }
open_with_wall_count  = { type = "BIGINT", unit = "people", min = 0, doc = "Open by the score in context, behind the wall." }
lost_count            = { type = "BIGINT", unit = "people", min = 0, doc = "Open by the score and not by the score in context." }
gained_count          = { type = "BIGINT", unit = "people", min = 0, doc = "Open by the score in context and not by the score." }

[[checks]]
name = "who loses and who gains is the whole difference"
sql  = "select * from {batch} where open_without_wall_count - lost_count + gained_count <> open_with_wall_count or open_without_wall_count > people"
*/
with opening as (
    select
        counted.scorecard,
        counted.attribute,
        counted.group_name,
        benefit.benefit_no,
        counted.people,
        counted.score >= benefit.min_score as is_open,
        counted.score_in_context >= benefit.min_score as is_open_in_context
    from audits.context_count as counted
    inner join reference.benefit as benefit
        on counted.scorecard = benefit.scorecard and counted.accepts = benefit.accepts
)

select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    opening.scorecard,
    card.scorecard_no,
    opening.attribute,
    opening.group_name,
    cast(opening.benefit_no as integer) as benefit_no,
    benefit.benefit,
    benefit.context,
    benefit.accepts,
    benefit.is_harm_sensitive,
    benefit.is_wall_enforced,
    cast(sum(opening.people) as bigint) as people,
    cast(sum(
        case when opening.is_open then opening.people else 0 end
    ) as bigint) as open_without_wall_count,
    cast(sum(
        case when opening.is_open_in_context then opening.people else 0 end
    ) as bigint) as open_with_wall_count,
    cast(sum(
        case when opening.is_open and not opening.is_open_in_context then opening.people else 0 end
    ) as bigint) as lost_count,
    cast(sum(
        case when opening.is_open_in_context and not opening.is_open then opening.people else 0 end
    ) as bigint) as gained_count
from opening
inner join reference.card as card on opening.scorecard = card.scorecard
inner join reference.benefit as benefit
    on opening.scorecard = benefit.scorecard and opening.benefit_no = benefit.benefit_no
group by
    opening.scorecard, card.scorecard_no, opening.attribute, opening.group_name,
    opening.benefit_no, benefit.benefit, benefit.context, benefit.accepts,
    benefit.is_harm_sensitive, benefit.is_wall_enforced
