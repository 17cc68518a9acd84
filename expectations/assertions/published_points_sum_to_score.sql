/*
title = "The published points add up to the published score, row by row"
level = "fail"
stage = "published"
*/
with total as (
    select
        points.person_id,
        points.scorecard_no,
        card.base + list_sum([
            *columns(points.* exclude (person_id, as_of_date, known_on, scorecard, scorecard_no))
        ]) as base_plus_points
    from published.points as points
    inner join published.card as card on points.scorecard_no = card.scorecard_no
)

select
    coalesce(score.person_id, total.person_id) as person_id,
    coalesce(score.scorecard_no, total.scorecard_no) as scorecard_no,
    score.score,
    total.base_plus_points
from published.score as score
full join total
    on score.person_id = total.person_id and score.scorecard_no = total.scorecard_no
where score.score is distinct from total.base_plus_points
