/*
title = "Everyone with an outcome is scored by the snapshot, once, and judged after horizon and grace"
level = "fail"
stage = "outcomes"
*/
select
    outcome.person_id,
    count(*) as row_count
from outcomes.outcome as outcome
cross join outcomes.evaluated as evaluated
left join outcomes.scored_person as scored on outcome.person_id = scored.person_id
group by outcome.person_id
having
    count(*) <> 1
    or count(scored.person_id) <> 1
    or bool_or(outcome.as_of_date <> evaluated.as_of_date)
    or bool_or(outcome.outcome_date <> evaluated.horizon_date + evaluated.grace_days)
