/*
title = "Scorecards of the snapshot"
grain = "one row per scorecard; the first is the champion"
key   = ["scorecard_no"]
publishes = "reference.card"

[columns]
base              = { type = "INTEGER" }
own_points_max    = { type = "INTEGER" }
friend_points_max = { type = "INTEGER" }
reason_gate       = { type = "INTEGER" }
reason_within     = { type = "INTEGER" }
reason_count      = { type = "INTEGER" }
*/
