/*
title = "Everyone of either snapshot stands once in the changes, with a cause where the status is another"
level = "fail"
stage = "changes"
*/
select
    coalesce(told.person_id, state.person_id) as person_id,
    count(told.person_id) as row_count,
    min(told.status_cause) as status_cause
from changes.person_state as state
full join changes.change as told on state.person_id = told.person_id
group by all
having
    count(told.person_id) <> 1
    or count(state.person_id) <> 1
    or bool_or(
        told.status_before is distinct from state.status_before
        or told.status_after is distinct from state.status_after
        or (told.status_cause is null) <> (state.status_before = state.status_after)
        or (state.status_before = 'scored') <> (state.score_before is not null)
        or (state.status_after = 'scored') <> (state.score_after is not null)
    )
