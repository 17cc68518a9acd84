/*
title = "Features of the newest snapshot's champion scorecard"
grain = "one row per feature, in the order of the scorecard"
key   = ["feature_no"]

[columns]
feature_no = { type = "INTEGER", min = 1, doc = "Place of the feature on the scorecard." }
feature    = { type = "VARCHAR", doc = "Name of the feature." }
factor     = { type = "VARCHAR", doc = "Factor that its points belong to." }
direction  = { type = "VARCHAR", doc = "Whether more of it earns more points (up) or fewer (down)." }
max_points = { type = "INTEGER", unit = "points", doc = "Most points that it can give." }
unit       = { type = "VARCHAR", doc = "Unit of the feature's value." }
definition = { type = "VARCHAR", doc = "How the value is made." }
reason     = { type = "VARCHAR", doc = "What it means to have lost points here." }
what_to_do = { type = "VARCHAR", doc = "What the person can do about it." }
*/
select
    feature_no,
    feature,
    factor,
    direction,
    max_points,
    unit,
    definition,
    reason,
    what_to_do
from feature_card
where scorecard_no = 1 and as_of_date = (select max(as_of_date) from run)
order by feature_no
