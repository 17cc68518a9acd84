/*
title = "score = base + the points of the 32 features, for everyone"
level = "fail"
stage = "scores"
*/
with total as (
    select
        points.scorecard,
        points.person_key,
        card.base + list_sum([
            *columns(points.* exclude (scorecard, person_key))
        ]) as base_plus_points
    from scores.points as points
    inner join reference.card as card on points.scorecard = card.scorecard
)

select
    score.scorecard,
    score.person_key,
    score.score,
    total.base_plus_points
from scores.score as score
full join total
    on score.scorecard = total.scorecard and score.person_key = total.person_key
where score.score is distinct from total.base_plus_points
