/*
One person's points on day d: one row per feature, in the order of the scorecard; base + points
are the score, a person who is not scored has features without points.
Example: from explain('p1', '2026-10-31')
*/
create macro explain(person, d) as table
select
    person_id,
    as_of_date,
    known_on,
    feature_no,
    factor,
    feature,
    value,
    unit,
    points,
    max_points,
    points_lost
from feature_point
where person_id = person and as_of_date = cast(d as date)
order by feature_no
