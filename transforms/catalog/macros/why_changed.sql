/*
Why one person's score differs between days d1 and d2, feature by feature: points_change sums to
the change of the score. Empty points: not scored on that day. The causes sum to points_change;
they are empty until `plainscore why` or `plainscore compare` was asked of the two days.
Example: from why_changed('p1', '2026-09-30', '2026-10-31') where points_change <> 0
*/
create macro why_changed(person, d1, d2) as table
with both_days as (
    select
        feature,
        arg_max(feature_no, as_of_date) as feature_no,
        arg_max(factor, as_of_date) as factor,
        max(value) filter (where as_of_date = cast(d1 as date)) as value_before,
        max(value) filter (where as_of_date = cast(d2 as date)) as value_after,
        max(points) filter (where as_of_date = cast(d1 as date)) as points_before,
        max(points) filter (where as_of_date = cast(d2 as date)) as points_after
    from feature_point
    where person_id = person and as_of_date in (cast(d1 as date), cast(d2 as date))
    group by feature
),

shown as (from run where is_shown),

person_change as (
    select
        *,
        0 as nothing
    from change
    where
        person_id = person
        and score_change is not null
        and as_of_date_before = cast(d1 as date)
        and as_of_date = cast(d2 as date)
        and known_on_before = (select known_on from shown where as_of_date = cast(d1 as date))
        and known_on = (select known_on from shown where as_of_date = cast(d2 as date))
),

feature_cause as (
    select change_feature.*
    from change_feature
    inner join person_change
        using (person_id, as_of_date_before, known_on_before, as_of_date, known_on)
)

select
    both_days.feature_no,
    both_days.factor,
    both_days.* exclude (feature_no, factor),
    both_days.points_after - both_days.points_before as points_change,
    coalesce(feature_cause.rules_change, person_change.nothing) as rules_change,
    coalesce(feature_cause.late_data_change, person_change.nothing) as late_data_change,
    coalesce(feature_cause.time_change, person_change.nothing) as time_change,
    coalesce(feature_cause.new_events_change, person_change.nothing) as new_events_change
from both_days
left join person_change on true
left join feature_cause on both_days.feature = feature_cause.feature
order by 1
