/*
title = "Whether scores go together among friends"
grain = "one row per scorecard that anyone is scored by, and way of counting points"
key   = ["scorecard_no", "points_counted"]
publishes = "statistics.score_assortativity"

[columns]
as_of_date          = {}
known_on            = {}
scorecard           = {}
scorecard_no        = {}
points_counted      = {}
compared_tie_count  = {}
assortativity       = {}
drawn_tie_count     = {}
drawn_assortativity = {}
rewiring_count      = {}
rewired_mean        = {}
rewired_deviation   = {}
deviations_off      = {}

[[checks]]
name = "no more ties are drawn than there are"
sql  = "select * from {batch} where drawn_tie_count > compared_tie_count"
*/
