/*
title = "How unequally points are shared out"
grain = "one row per scorecard that anyone is scored by, way of counting points, and attribute"
key   = ["scorecard_no", "points_counted", "attribute"]
publishes = "statistics.score_inequality"

[[checks]]
name = "the parts of Theil's measure make the whole"
sql  = "select * from {batch} where abs(theil - theil_between - theil_within) > 0.000000001"
*/
