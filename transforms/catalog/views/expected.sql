/*
title = "Expected bad people"
grain = "one row per scored person, champion scorecard; none where it was not fitted to outcomes"
key   = ["person_id", "as_of_date"]

[columns]
person_id    = {}
as_of_date   = {}
known_on     = {}
scorecard    = {}
score        = { null = false }
expected_ppm = {}
*/
select
    score.person_id,
    score.as_of_date,
    score.known_on,
    score.scorecard,
    score.score,
    expected_bad.expected_ppm
from score
inner join expected_bad
    on
        score.as_of_date = expected_bad.as_of_date
        and score.scorecard_no = expected_bad.scorecard_no
        and score.score = expected_bad.score
