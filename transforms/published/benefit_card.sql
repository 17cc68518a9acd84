/*
title = "Benefits that open at a score"
grain = "one row per scorecard and benefit"
key   = ["scorecard_no", "benefit_no"]
publishes = "reference.benefit"

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
benefit_no   = { type = "INTEGER", min = 1, doc = "Place of the benefit on the list." }
benefit      = {}
min_score    = { type = "INTEGER", unit = "points", doc = "Lowest score at which it is open." }
source       = { type = "VARCHAR", doc = "Where the threshold comes from: documented in the press, or from the seed story only." }
note         = { type = "VARCHAR", doc = "What to know about it." }
is_harm_sensitive = { type = "BOOLEAN", doc = "Hiring, dating, housing: always shown in the gap audit." }
*/
