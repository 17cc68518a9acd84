/*
title = "Scorecards of the snapshot"
grain = "one row per scorecard; the first is the champion"
key   = ["scorecard_no"]

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
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    scorecard,
    scorecard_no,
    version,
    scorecard_hash,
    cast(base as integer) as base,
    cast(own_points_max as integer) as own_points_max,
    prior_weight,
    prior_ppm,
    max_distance_ppm,
    cast(friend_points_max as integer) as friend_points_max
from reference.card
