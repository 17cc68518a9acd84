/*
title = "Scorecards of the snapshot"
grain = "one row per scorecard; the first is the champion"
key   = ["scorecard_no"]
publishes = "reference.card"

[columns]
as_of_date        = {}
known_on          = {}
scorecard         = {}
scorecard_no      = {}
version           = { type = "VARCHAR", doc = "Version of the scorecard." }
scorecard_hash    = { type = "VARCHAR", doc = "SHA-256 of every number and text of the scorecard." }
base              = { type = "INTEGER", unit = "points", min = 0, doc = "The score of no points at all." }
own_points_max    = { type = "INTEGER", unit = "points", min = 1, doc = "Most points to be had without the social factor." }
prior_weight      = { type = "BIGINT", unit = "friend-months", min = 1, doc = "Weight of the prior in the neighbour mean." }
prior_ppm         = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "Value of the prior in the neighbour mean." }
max_distance_ppm  = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "How far friends can move a person from their own record." }
friend_points_max = { type = "INTEGER", unit = "points", min = 0, doc = "Points for a neighbour mean of 1." }
*/
