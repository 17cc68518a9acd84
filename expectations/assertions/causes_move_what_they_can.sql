/*
title = "Of one date, time and new events change nothing; from a state to an equal one, nothing changes"
level = "fail"
stage = "changes"
*/
select
    told.person_id,
    told.as_of_date_before,
    told.as_of_date,
    told.time_change,
    told.new_events_change
from changes.change as told
inner join changes.person_state as state on told.person_id = state.person_id
where
    (
        told.as_of_date_before = told.as_of_date
        and (told.time_change <> 0 or told.new_events_change <> 0)
    )
    or (state.score_rules = state.score_before and told.rules_change <> 0)
    or (state.score_late_data = state.score_rules and told.late_data_change <> 0)
    or (state.score_time = state.score_late_data and told.time_change <> 0)
    or (state.score_after = state.score_time and told.new_events_change <> 0)
