/*
title = "Scores in context: of the contexts that a benefit accepts alone"
grain = "one row per scored person, scorecard and set of accepted contexts"
key   = ["person_id", "scorecard_no", "accepts"]
publishes = "scores.context_score"

[columns]
person_id        = {}
as_of_date       = {}
known_on         = {}
scorecard        = {}
scorecard_no     = {}
accepts          = {}
score_in_context = {}
*/
