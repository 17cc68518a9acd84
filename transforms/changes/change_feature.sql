/*
title = "Why each feature's points changed"
grain = "one row per person scored in both snapshots and feature that moved: its value, its points, or points that two causes took and gave back"
key   = ["person_id", "feature"]

[columns]
person_id         = {}
as_of_date_before = {}
known_on_before   = {}
as_of_date        = {}
known_on          = {}
feature_no        = { type = "INTEGER", min = 0, doc = "Place of the feature on the later scorecard; 0 is the base." }
feature           = { type = "VARCHAR", doc = "Name of the feature; 'base' where the scorecards start from other bases." }
factor            = { type = "VARCHAR", doc = "Factor that its points belong to." }
value_before      = {}
value_after       = {}
points_before     = {}
rules_change      = {}
late_data_change  = {}
time_change       = {}
new_events_change = {}
points_after      = {}

[[checks]]
name = "the causes lead from the points before to the points after"
sql  = "select * from {batch} where points_before + rules_change + late_data_change + time_change + new_events_change <> points_after"
*/
-- A state in which the person is not scored has no points: its part goes to the next that has.
with carried as (
    select
        *,
        coalesce(points_rules, points_before) as with_rules,
        coalesce(points_late_data, points_rules, points_before) as with_late_data,
        coalesce(points_time, points_late_data, points_rules, points_before) as with_time
    from changes.feature_state
)

select
    carried.person_id,
    pair.as_of_date_before,
    pair.known_on_before,
    pair.as_of_date,
    pair.known_on,
    carried.feature_no,
    carried.feature,
    carried.factor,
    carried.value_before,
    carried.value_after,
    carried.points_before,
    cast(carried.with_rules - carried.points_before as integer) as rules_change,
    cast(carried.with_late_data - carried.with_rules as integer) as late_data_change,
    cast(carried.with_time - carried.with_late_data as integer) as time_change,
    cast(carried.points_after - carried.with_time as integer) as new_events_change,
    carried.points_after
from carried
cross join changes.pair as pair
