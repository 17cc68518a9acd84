/*
title = "The four causes sum to the change of the score, for everyone scored in both snapshots"
level = "fail"
stage = "changes"
*/
select
    state.person_id,
    state.score_before,
    state.score_after,
    told.score_change,
    told.rules_change,
    told.late_data_change,
    told.time_change,
    told.new_events_change
from changes.person_state as state
left join changes.change as told on state.person_id = told.person_id
where
    told.person_id is null
    or told.score_before is distinct from state.score_before
    or told.score_after is distinct from state.score_after
    or told.score_change is distinct from state.score_after - state.score_before
    or told.score_change is distinct from (
        told.rules_change
        + told.late_data_change
        + told.time_change
        + told.new_events_change
    )
