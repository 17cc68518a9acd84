/*
title = "Scores"
grain = "one row per person and scorecard, scored or not"
key   = ["person_id", "scorecard_no"]

[columns]
person_id       = {}
as_of_date      = {}
known_on        = {}
scorecard       = {}
scorecard_no    = {}
score           = {}
band            = {}
band_no         = {}
score_rank      = {}
not_scored_code = {}

[[checks]]
name = "a person has a score or a code that says why not"
sql  = "select * from {batch} where (score is null) = (not_scored_code is null)"
*/
select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    score.scorecard,
    card.scorecard_no,
    score.score,
    score.band,
    score.band_no,
    score.score_rank,
    score.not_scored_code
from scores.score as score
inner join events.person as person on score.person_key = person.person_key
inner join reference.card as card on score.scorecard = card.scorecard
