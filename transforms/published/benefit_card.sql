/*
title = "Benefits that open at a score"
grain = "one row per scorecard and benefit"
key   = ["scorecard_no", "benefit_no"]
publishes = "reference.benefit"

[columns]
benefit_no = { type = "INTEGER" }
min_score  = { type = "INTEGER" }
*/
