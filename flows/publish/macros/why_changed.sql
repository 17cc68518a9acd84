/*
Why one person's score differs between days d1 and d2, feature by feature: points_change sums to
the change of the score. Empty points: not scored on that day. The causes sum to points_change;
they are empty until `plainscore why` or `plainscore compare` was asked of the two days.
Example: from why_changed('p1', '2026-09-30', '2026-10-31') where points_change <> 0
*/
create macro why_changed(person, d1, d2) as table
with

before as (
    select *
    from explain(person, d1)
),

after as (
    select *
    from explain(person, d2)
),

told as (
    select change.*
    from change
    inner join run as first_run
        on
            change.as_of_date_before = first_run.as_of_date
            and change.known_on_before = first_run.known_on
            and first_run.is_shown
    inner join run as last_run
        on
            change.as_of_date = last_run.as_of_date
            and change.known_on = last_run.known_on
            and last_run.is_shown
    where
        change.person_id = person
        and change.as_of_date_before = cast(d1 as date)
        and change.as_of_date = cast(d2 as date)
        and change.score_change is not null
),

told_feature as (
    select change_feature.*
    from change_feature
    inner join told
        on
            change_feature.person_id = told.person_id
            and change_feature.known_on_before = told.known_on_before
            and change_feature.known_on = told.known_on
    where
        change_feature.as_of_date_before = cast(d1 as date)
        and change_feature.as_of_date = cast(d2 as date)
)

select
    coalesce(after.feature_no, before.feature_no) as feature_no,
    coalesce(after.factor, before.factor) as factor,
    coalesce(after.feature, before.feature) as feature,
    before.value as value_before,
    after.value as value_after,
    before.points as points_before,
    after.points as points_after,
    after.points - before.points as points_change,
    case
        when told.person_id is not null then coalesce(told_feature.rules_change, 0)
    end as rules_change,
    case
        when told.person_id is not null then coalesce(told_feature.late_data_change, 0)
    end as late_data_change,
    case
        when told.person_id is not null then coalesce(told_feature.time_change, 0)
    end as time_change,
    case
        when told.person_id is not null then coalesce(told_feature.new_events_change, 0)
    end as new_events_change
from before
full join after on before.feature = after.feature
left join told on true
left join told_feature on told_feature.feature = coalesce(after.feature, before.feature)
order by 1
