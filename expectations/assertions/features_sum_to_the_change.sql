/*
title = "Per cause, the features sum to the change of the score, and those of the social factor to the part of friends"
level = "fail"
stage = "changes"
*/
with part as (
    select
        *,
        factor = 'social_connections' as is_social
    from changes.change_feature
),

summed as (
    select
        person_id,
        sum(points_after - points_before) as score_change,
        sum(rules_change) as rules_change,
        sum(late_data_change) as late_data_change,
        sum(time_change) as time_change,
        sum(new_events_change) as new_events_change,
        sum(rules_change) filter (where is_social) as rules_friends,
        sum(late_data_change) filter (where is_social) as late_data_friends,
        sum(time_change) filter (where is_social) as time_friends,
        sum(new_events_change) filter (where is_social) as new_events_friends
    from part
    group by person_id
)

select
    coalesce(change.person_id, summed.person_id) as person_id,
    change.score_change,
    cast(summed.score_change as bigint) as score_change_of_features
from changes.change as change
full join summed on change.person_id = summed.person_id
where
    (change.score_change is null and summed.person_id is not null)
    or (
        change.score_change is not null
        and (
            change.score_change <> coalesce(summed.score_change, 0)
            or change.rules_change <> coalesce(summed.rules_change, 0)
            or change.late_data_change <> coalesce(summed.late_data_change, 0)
            or change.time_change <> coalesce(summed.time_change, 0)
            or change.new_events_change <> coalesce(summed.new_events_change, 0)
            or change.rules_friends <> coalesce(summed.rules_friends, 0)
            or change.late_data_friends <> coalesce(summed.late_data_friends, 0)
            or change.time_friends <> coalesce(summed.time_friends, 0)
            or change.new_events_friends <> coalesce(summed.new_events_friends, 0)
        )
    )
