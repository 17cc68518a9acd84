/*
title = "Bins of the scorecards"
grain = "one row per scorecard, feature and bin; the neighbour mean has none"
key   = ["scorecard_no", "feature_no", "bin_no"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
feature_no   = { type = "INTEGER", min = 1, doc = "Place of the feature on the scorecard." }
feature      = { type = "VARCHAR", doc = "Name of the feature." }
bin_no       = { type = "INTEGER", min = 1, doc = "Place of the bin, from the lowest values up." }
at_least     = { type = "DOUBLE", doc = "Lowest value of the bin; the first bin takes lower values too." }
below        = { type = "DOUBLE", null = true, doc = "First value that is beyond the bin; empty for the last." }
is_special   = { type = "BOOLEAN", doc = "Whether it is the bin of one value that stands for something else, such as a code." }
points       = { type = "INTEGER", unit = "points", min = 0, doc = "Points that a value in the bin earns." }
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    bin.scorecard,
    card.scorecard_no,
    cast(feature.feature_no as integer) as feature_no,
    bin.feature,
    cast(bin.bin_no as integer) as bin_no,
    bin.at_least,
    bin.below,
    bin.is_special,
    cast(bin.points as integer) as points
from reference.bin as bin
inner join reference.card as card on bin.scorecard = card.scorecard
inner join reference.feature as feature
    on bin.scorecard = feature.scorecard and bin.feature = feature.feature
