/*
Why one person's score differs between days d1 and d2, feature by feature: points_change sums to
the change of the score. Empty points: not scored on that day.
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
)

select
    coalesce(after.feature_no, before.feature_no) as feature_no,
    coalesce(after.factor, before.factor) as factor,
    coalesce(after.feature, before.feature) as feature,
    before.value as value_before,
    after.value as value_after,
    before.points as points_before,
    after.points as points_after,
    after.points - before.points as points_change
from before
full join after on before.feature = after.feature
order by 1
