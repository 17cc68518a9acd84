/*
title = "Gaps between groups"
grain = "one row per scorecard, way of counting points, and group"
key   = ["scorecard_no", "points_counted", "attribute", "group_no"]
publishes = "statistics.group_gap"

[[checks]]
name = "a gap lies within its interval"
sql  = "select * from {batch} where gap_points < gap_low or gap_points > gap_high"

[[checks]]
name = "no one is scored who is not there"
sql  = "select * from {batch} where scored_count > people"
*/
