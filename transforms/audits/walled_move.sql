/*
title = "What other scorecards would change behind an enforced wall"
grain = "one row per challenger, group, and benefit that a wall decides on either scorecard"
key   = ["challenger", "attribute", "group_name", "benefit"]

[columns]
challenger   = {}
attribute    = { in = ["everyone", "region", "gender", "age_band"] }
group_name   = {}
benefit      = {}
people       = {}
gained_count = { type = "BIGINT", unit = "people", min = 0, doc = "Open on the challenger and not on the champion." }
lost_count   = { type = "BIGINT", unit = "people", min = 0, doc = "Open on the champion and not on the challenger." }
*/
with opening as (
    select
        benefit.challenger,
        benefit.benefit,
        first_score.person_key,
        coalesce(
            coalesce(first_in_context.score_in_context, first_score.score) >= benefit.champion_min,
            false
        ) as is_open_champion,
        coalesce(
            coalesce(other_in_context.score_in_context, other_score.score)
            >= benefit.challenger_min,
            false
        ) as is_open_challenger
    from audits.compared_benefit as benefit
    inner join reference.card as champion on champion.scorecard_no = 1
    inner join scores.score as first_score on champion.scorecard = first_score.scorecard
    inner join scores.score as other_score
        on
            benefit.challenger = other_score.scorecard
            and first_score.person_key = other_score.person_key
    left join scores.context_score as first_in_context
        on
            champion.scorecard = first_in_context.scorecard
            and first_score.person_key = first_in_context.person_key
            and benefit.champion_accepts = first_in_context.accepts
    left join scores.context_score as other_in_context
        on
            benefit.challenger = other_in_context.scorecard
            and first_score.person_key = other_in_context.person_key
            and benefit.challenger_accepts = other_in_context.accepts
    where
        first_score.score is not null
        and other_score.score is not null
        and (benefit.champion_accepts is not null or benefit.challenger_accepts is not null)
)

select
    opening.challenger,
    member.attribute,
    member.group_name,
    opening.benefit,
    cast(count(*) as bigint) as people,
    cast(sum(
        case when opening.is_open_challenger and not opening.is_open_champion then 1 else 0 end
    ) as bigint) as gained_count,
    cast(sum(
        case when opening.is_open_champion and not opening.is_open_challenger then 1 else 0 end
    ) as bigint) as lost_count
from opening
inner join audits.group_member as member on opening.person_key = member.person_key
group by all
