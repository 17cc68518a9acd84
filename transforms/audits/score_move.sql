/*
title = "What other scorecards would change"
grain = "one row per challenger, group, and pair of scores that anyone has on the champion and on it"
key   = ["challenger", "attribute", "group_name", "champion_score", "challenger_score"]

[columns]
challenger       = {}
attribute        = { in = ["everyone", "region", "gender", "age_band"] }
group_name       = {}
champion_score   = { type = "INTEGER", unit = "points", doc = "Score on the champion." }
challenger_score = { type = "INTEGER", unit = "points", doc = "Score on the challenger." }
people           = {}
*/
with pair as (
    select
        champion.person_key,
        challenger.scorecard as challenger,
        champion.score as champion_score,
        challenger.score as challenger_score
    from scores.score as champion
    inner join reference.card as champion_card
        on champion.scorecard = champion_card.scorecard and champion_card.scorecard_no = 1
    inner join scores.score as challenger on champion.person_key = challenger.person_key
    inner join reference.card as challenger_card
        on challenger.scorecard = challenger_card.scorecard and challenger_card.scorecard_no > 1
    where champion.score is not null and challenger.score is not null
)

select
    pair.challenger,
    member.attribute,
    member.group_name,
    pair.champion_score,
    pair.challenger_score,
    cast(count(*) as bigint) as people
from pair
inner join audits.group_member as member on pair.person_key = member.person_key
group by all
