/*
title = "Of one date, time and new events change nothing; from a state to an equal one, nothing changes"
level = "fail"
stage = "changes"
*/
select
    change.person_id,
    change.as_of_date_before,
    change.as_of_date,
    change.time_change,
    change.new_events_change
from changes.change as change
inner join changes.person_state as state on change.person_id = state.person_id
where
    (
        change.as_of_date_before = change.as_of_date
        and (change.time_change <> 0 or change.new_events_change <> 0)
    )
    or (state.score_rules = state.score_before and change.rules_change <> 0)
    or (state.score_late_data = state.score_rules and change.late_data_change <> 0)
    or (state.score_time = state.score_late_data and change.time_change <> 0)
    or (state.score_after = state.score_time and change.new_events_change <> 0)
