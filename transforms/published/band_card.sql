/*
title = "Bands of the scorecards"
grain = "one row per scorecard and band"
key   = ["scorecard_no", "band_no"]
publishes = "reference.band"

[columns]
at_least = { type = "INTEGER" }
at_most  = { type = "INTEGER" }
*/
