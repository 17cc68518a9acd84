/*
title = "Bad people that are expected at each score"
grain = "one row per score of each scorecard that was fitted to outcomes; none of other scorecards"
key   = ["scorecard_no", "score"]
publishes = "statistics.expected_bad"

[columns]
score = { null = false }
*/
