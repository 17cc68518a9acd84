/*
title = "Everyone with an outcome is scored by the snapshot, once, and judged 120 days after it"
level = "fail"
stage = "outcomes"
*/
select
    outcome.person_id,
    count(*) as row_count
from outcomes.outcome as outcome
left join outcomes.scored_person as scored on outcome.person_id = scored.person_id
group by outcome.person_id
having
    count(*) <> 1
    or count(scored.person_id) <> 1
    or bool_or(outcome.outcome_date <> outcome.as_of_date + interval 120 day)
