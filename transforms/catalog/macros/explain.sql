/*
One person's points on day d: one row per feature, in the order of the scorecard; base + points
are the score, a person who is not scored has features without points.
Example: from explain('p1', '2026-10-31')
*/
create macro explain(person, d) as table
with feature_row as (from features where person_id = person and as_of_date = cast(d as date)),

point_row as (from points where person_id = person and as_of_date = cast(d as date)),

cell_row as (
    select
        features.person_id,
        features.as_of_date,
        features.known_on,
        unnest([
        {cells}
        ]) as cell
    from feature_row as features
    left join point_row as points on features.person_id = points.person_id
)

select
    cell_row.person_id,
    cell_row.as_of_date,
    cell_row.known_on,
    feature_card.feature_no,
    feature_card.factor,
    feature_card.feature,
    cell_row.cell.value as value,
    feature_card.unit,
    cell_row.cell.points as points,
    feature_card.max_points,
    feature_card.max_points - cell_row.cell.points as points_lost
from cell_row
inner join feature_card
    on
        feature_card.as_of_date = cast(d as date)
        and feature_card.scorecard_no = 1
        and feature_card.feature = cell_row.cell.feature
order by feature_card.feature_no
