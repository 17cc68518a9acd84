/*
title = "Everyone of either snapshot stands once in the changes, with a cause where the status is another"
level = "fail"
stage = "changes"
*/
select
    coalesce(change.person_id, state.person_id) as person_id,
    count(change.person_id) as row_count,
    min(change.status_cause) as status_cause
from changes.person_state as state
full join changes.change as change on state.person_id = change.person_id
group by all
having
    count(change.person_id) <> 1
    or count(state.person_id) <> 1
    or bool_or(
        change.status_before is distinct from state.status_before
        or change.status_after is distinct from state.status_after
        or (change.status_cause is null) <> (state.status_before = state.status_after)
        or (state.status_before = 'scored') <> (state.score_before is not null)
        or (state.status_after = 'scored') <> (state.score_after is not null)
    )
