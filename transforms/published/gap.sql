/*
title = "Gaps between groups"
grain = "one row per scorecard, way of counting points, and group"
key   = ["scorecard_no", "points_counted", "attribute", "group_no"]
publishes = "statistics.group_gap"

[columns]
as_of_date       = {}
known_on         = {}
scorecard        = {}
scorecard_no     = {}
points_counted   = {}
attribute        = { in = ["region", "gender", "age_band"] }
group_no         = {}
group_name       = {}
people           = {}
scored_count     = {}
not_scored_share = {}
mean_score       = {}
rest_mean_score  = {}
gap_points       = {}
gap_low          = {}
gap_high         = {}
standardised_gap = {}
p_value          = {}
adjusted_p_value = {}
is_significant   = { type = "BOOLEAN", doc = "Whether adjusted_p_value is below 0.01: the gap is found." }
is_small         = {}

[[checks]]
name = "a gap lies within its interval"
sql  = "select * from {batch} where gap_points < gap_low or gap_points > gap_high"

[[checks]]
name = "no one is scored who is not there"
sql  = "select * from {batch} where scored_count > people"
*/
