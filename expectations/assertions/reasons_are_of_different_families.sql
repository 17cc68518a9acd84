/*
title = "No two reasons of a person are of one family, where the card says so"
level = "fail"
stage = "scores"
*/
select
    reason.scorecard,
    reason.person_key,
    feature.family,
    count(*) as reason_count
from scores.reason as reason
inner join reference.card as card on reason.scorecard = card.scorecard
inner join reference.feature as feature
    on reason.scorecard = feature.scorecard and reason.code = feature.feature
where card.is_one_reason_per_family
group by reason.scorecard, reason.person_key, feature.family
having count(*) > 1
