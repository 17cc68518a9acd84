/*
title = "How benefits open on the champion and on another scorecard"
grain = "one row per challenger, and benefit of either scorecard"
key   = ["challenger", "benefit"]

[columns]
challenger         = {}
challenger_no      = {}
benefit            = {}
champion_min       = { type = "BIGINT", unit = "points", null = true, doc = "Lowest score that opens it on the champion; empty where it lists no such benefit." }
challenger_min     = { type = "BIGINT", unit = "points", null = true, doc = "The same on the challenger." }
champion_accepts   = { type = "VARCHAR", null = true, doc = "The contexts that alone open it on the champion; empty where the score does." }
challenger_accepts = { type = "VARCHAR", null = true, doc = "The same on the challenger." }
*/
select
    challenger.scorecard as challenger,
    challenger.scorecard_no as challenger_no,
    listed.benefit,
    max(case when card.scorecard_no = 1 then listed.min_score end) as champion_min,
    max(case when card.scorecard_no > 1 then listed.min_score end) as challenger_min,
    max(
        case when card.scorecard_no = 1 and listed.is_wall_enforced then listed.accepts end
    ) as champion_accepts,
    max(
        case when card.scorecard_no > 1 and listed.is_wall_enforced then listed.accepts end
    ) as challenger_accepts
from reference.card as challenger
inner join reference.card as card
    on card.scorecard_no = 1 or challenger.scorecard = card.scorecard
inner join reference.benefit as listed on card.scorecard = listed.scorecard
where challenger.scorecard_no > 1
group by challenger.scorecard, challenger.scorecard_no, listed.benefit
