/*
title = "Who would gain or lose which benefit on another scorecard"
grain = "one row per challenger, group, and benefit of either scorecard"
key   = ["challenger_no", "attribute", "group_name", "benefit"]

[columns]
as_of_date    = {}
known_on      = {}
challenger    = {}
challenger_no = {}
attribute     = { in = ["everyone", "region", "gender", "age_band"] }
group_name    = {}
benefit       = {}
people        = {}
gained_count  = { type = "BIGINT", unit = "people", min = 0, doc = "Open on the challenger and not on the champion." }
lost_count    = { type = "BIGINT", unit = "people", min = 0, doc = "Open on the champion and not on the challenger." }
*/
-- A benefit that a scorecard does not list is open to no one on it.
with opening as (
    select
        moved.*,
        benefit.challenger_no,
        benefit.benefit,
        coalesce(moved.champion_score >= benefit.champion_min, false) as is_open_champion,
        coalesce(moved.challenger_score >= benefit.challenger_min, false) as is_open_challenger
    from audits.score_move as moved
    inner join audits.compared_benefit as benefit on moved.challenger = benefit.challenger
    where benefit.champion_accepts is null and benefit.challenger_accepts is null
),

moved_by_score as (
    select
        challenger,
        challenger_no,
        attribute,
        group_name,
        benefit,
        cast(sum(people) as bigint) as people,
        cast(sum(
            case when is_open_challenger and not is_open_champion then people else 0 end
        ) as bigint) as gained_count,
        cast(sum(
            case when is_open_champion and not is_open_challenger then people else 0 end
        ) as bigint) as lost_count
    from opening
    group by challenger, challenger_no, attribute, group_name, benefit
),

moved as (
    select * from moved_by_score
    union all
    select
        walled.challenger,
        card.scorecard_no as challenger_no,
        walled.attribute,
        walled.group_name,
        walled.benefit,
        walled.people,
        walled.gained_count,
        walled.lost_count
    from audits.walled_move as walled
    inner join reference.card as card on walled.challenger = card.scorecard
)

select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    challenger,
    challenger_no,
    attribute,
    group_name,
    benefit,
    people,
    gained_count,
    lost_count
from moved
