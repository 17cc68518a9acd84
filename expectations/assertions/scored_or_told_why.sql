/*
title = "Everyone has a score and points, or a code that says why not and no points"
level = "fail"
stage = "scores"
*/
with standing as (
    select
        person.person_key,
        card.scorecard
    from staging.person as person
    cross join reference.card as card
)

select
    coalesce(standing.scorecard, score.scorecard, points.scorecard) as scorecard,
    coalesce(standing.person_key, score.person_key, points.person_key) as person_key,
    score.score,
    score.band,
    score.not_scored_code,
    points.person_key is not null as has_points
from standing
full join scores.score as score
    on standing.scorecard = score.scorecard and standing.person_key = score.person_key
full join scores.points as points
    on score.scorecard = points.scorecard and score.person_key = points.person_key
where
    standing.person_key is null
    or score.person_key is null
    or (score.score is null) <> (points.person_key is null)
    or (score.score is null) <> (score.band is null)
    or (score.score is null) <> (score.score_rank is null)
    or (score.score is null) = (score.not_scored_code is null)
