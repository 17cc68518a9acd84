/*
title = "The four causes sum to the change of the score, for everyone scored in both snapshots"
level = "fail"
stage = "changes"
*/
select
    state.person_id,
    state.score_before,
    state.score_after,
    change.score_change,
    change.rules_change,
    change.late_data_change,
    change.time_change,
    change.new_events_change
from changes.person_state as state
left join changes.change as change on state.person_id = change.person_id
where
    change.person_id is null
    or change.score_before is distinct from state.score_before
    or change.score_after is distinct from state.score_after
    or change.score_change is distinct from state.score_after - state.score_before
    or change.score_change is distinct from (
        change.rules_change
        + change.late_data_change
        + change.time_change
        + change.new_events_change
    )
