/*
title = "Whether scores go together among friends"
grain = "one row per scorecard that anyone is scored by, and way of counting points"
key   = ["scorecard_no", "points_counted"]
publishes = "statistics.score_assortativity"

[[checks]]
name = "no more ties are drawn than there are"
sql  = "select * from {batch} where drawn_tie_count > compared_tie_count"
*/
