/*
title = "Factors of the scorecards"
grain = "one row per scorecard and factor"
key   = ["scorecard_no", "factor_no"]
publishes = "reference.factor"

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
factor_no    = { type = "INTEGER", min = 1, doc = "Place of the factor on the scorecard." }
factor       = { type = "VARCHAR", doc = "Name of the factor." }
max_points   = { type = "INTEGER", unit = "points", min = 0, doc = "Most points that its features can give together." }
*/
