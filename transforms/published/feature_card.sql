/*
title = "Features of the scorecards"
grain = "one row per scorecard and feature"
key   = ["scorecard_no", "feature_no"]
publishes = "reference.feature"

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
feature_no   = { type = "INTEGER", min = 1, doc = "Place of the feature on the scorecard." }
feature      = { type = "VARCHAR", doc = "Name of the feature." }
factor       = { type = "VARCHAR", doc = "Factor that its points belong to." }
direction    = { type = "VARCHAR", in = ["up", "down"], doc = "Whether more of it earns more points (up) or fewer (down)." }
max_points   = { type = "INTEGER", unit = "points", min = 0, doc = "Most points that it can give." }
missing_points = { type = "INTEGER", unit = "points", null = true, min = 0, doc = "Points where the value is missing; empty for the neighbour mean, which never is." }
least_value  = { type = "DOUBLE", null = true, doc = "Smallest value that the feature can have; empty where there is none." }
most_value   = { type = "DOUBLE", null = true, doc = "Largest value that the feature can have; empty where there is none." }
unit         = { type = "VARCHAR", doc = "Unit of the feature's value." }
definition   = { type = "VARCHAR", doc = "How the value is made." }
reason       = { type = "VARCHAR", doc = "What it means to have lost points here." }
what_to_do   = { type = "VARCHAR", doc = "What the person can do about it." }
*/
