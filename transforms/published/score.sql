/*
title = "Scores"
grain = "one row per person and scorecard, scored or not"
key   = ["person_id", "scorecard_no"]
publishes = "scores.score"

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
