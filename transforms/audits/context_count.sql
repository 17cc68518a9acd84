/*
title = "How many people have which score, and which in accepted contexts alone"
grain = "one row per scorecard, set of accepted contexts, group, and pair of scores that anyone has"
key   = ["scorecard", "accepts", "attribute", "group_name", "score", "score_in_context"]

[columns]
scorecard        = {}
accepts          = {}
attribute        = { in = ["everyone", "region", "gender", "age_band"] }
group_name       = {}
score            = { null = false }
score_in_context = { null = false }
people           = {}
*/
select
    accepted.scorecard,
    accepted.accepts,
    member.attribute,
    member.group_name,
    score.score,
    accepted.score_in_context,
    cast(count(*) as bigint) as people
from scores.context_score as accepted
inner join scores.score as score
    on accepted.scorecard = score.scorecard and accepted.person_key = score.person_key
inner join audits.group_member as member on accepted.person_key = member.person_key
group by all
