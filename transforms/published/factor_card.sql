/*
title = "Factors of the scorecards"
grain = "one row per scorecard and factor"
key   = ["scorecard_no", "factor_no"]
publishes = "reference.factor"

[columns]
factor_no  = { type = "INTEGER" }
max_points = { type = "INTEGER" }
*/
