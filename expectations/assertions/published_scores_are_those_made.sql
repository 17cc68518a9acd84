/*
title = "Published scores are the scores that were made, person by person"
level = "fail"
stage = "published"
*/
with made as (
    select
        person.person_id,
        score.scorecard,
        score.score,
        score.band_no,
        score.not_scored_code
    from scores.score as score
    inner join events.person as person on score.person_key = person.person_key
)

select
    coalesce(made.person_id, shown.person_id) as person_id,
    coalesce(made.scorecard, shown.scorecard) as scorecard,
    made.score as score_made,
    shown.score as score_published,
    made.not_scored_code as code_made,
    shown.not_scored_code as code_published
from made
full join published.score as shown
    on made.person_id = shown.person_id and made.scorecard = shown.scorecard
where
    made.score is distinct from shown.score
    or made.band_no is distinct from shown.band_no
    or made.not_scored_code is distinct from shown.not_scored_code
    or shown.person_id is null
    or made.person_id is null
