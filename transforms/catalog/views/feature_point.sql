/*
title = "Features and their points, one below the other"
grain = "one row per person and feature of the champion scorecard"
key   = ["person_id", "as_of_date", "feature"]

[columns]
person_id   = {}
as_of_date  = {}
known_on    = {}
scorecard   = {}
feature_no  = { type = "INTEGER", min = 1, doc = "Place of the feature on the scorecard." }
feature     = { type = "VARCHAR", doc = "Name of the feature." }
factor      = { type = "VARCHAR", doc = "Factor that its points belong to." }
value       = { type = "DOUBLE", null = true, doc = "Value of the feature, in its own unit; empty where missing." }
unit        = { type = "VARCHAR", doc = "Unit of the feature's value." }
points      = { type = "INTEGER", unit = "points", null = true, doc = "Points that it earned; empty for a person who is not scored." }
max_points  = { type = "INTEGER", unit = "points", doc = "Most it can earn." }
points_lost = { type = "INTEGER", unit = "points", null = true, doc = "The difference." }
*/
with pointed as (
    select
        features.person_id,
        features.as_of_date,
        features.known_on,
        feature_card.scorecard,
        feature_card.feature_no,
        feature_card.feature,
        feature_card.factor,
        feature_card.unit,
        feature_card.max_points,
        $feature_value as value,
        $feature_points as points
    from features
    inner join feature_card
        on features.as_of_date = feature_card.as_of_date and feature_card.scorecard_no = 1
    left join points
        on features.as_of_date = points.as_of_date and features.person_id = points.person_id
)

select
    person_id,
    as_of_date,
    known_on,
    scorecard,
    feature_no,
    feature,
    factor,
    cast(value as double) as value,
    unit,
    cast(points as integer) as points,
    max_points,
    cast(max_points - points as integer) as points_lost
from pointed
