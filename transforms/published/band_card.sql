/*
title = "Bands of the scorecards"
grain = "one row per scorecard and band"
key   = ["scorecard_no", "band_no"]
publishes = "reference.band"

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
band_no      = { null = false }
band         = { null = false }
at_least     = { type = "INTEGER", unit = "points", doc = "Lowest score of the band." }
at_most      = { type = "INTEGER", unit = "points", doc = "Highest score of the band." }
*/
