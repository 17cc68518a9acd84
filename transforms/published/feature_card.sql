/*
title = "Features of the scorecards"
grain = "one row per scorecard and feature"
key   = ["scorecard_no", "feature_no"]
publishes = "reference.feature"

[columns]
feature_no     = { type = "INTEGER" }
max_points     = { type = "INTEGER" }
missing_points = { type = "INTEGER" }
*/
