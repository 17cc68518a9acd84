/*
title = "Which features make the gap of a group"
grain = "one row per scorecard, group with anyone scored, and feature"
key   = ["scorecard_no", "attribute", "group_no", "feature_no"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
attribute    = { in = ["region", "gender", "age_band"] }
group_no     = {}
group_name   = {}
factor       = { type = "VARCHAR", doc = "Factor that the points belong to." }
feature_no   = { type = "INTEGER", min = 1, doc = "Place of the feature on the scorecard." }
feature      = { type = "VARCHAR", doc = "Name of the feature." }
scored_count = {}
rest_count   = { type = "BIGINT", unit = "people", min = 0, doc = "How many scored people are not in the group." }
points_total = { type = "BIGINT", unit = "points", min = 0, doc = "Points of the group together; sums over features are exact." }
rest_total   = { type = "BIGINT", unit = "points", min = 0, doc = "Points of the scored who are not in the group; sums over features are exact." }
feature_gap  = { type = "DOUBLE", unit = "points", null = true, doc = "Mean points of the group less those of the rest, points_total / scored_count - rest_total / rest_count; empty where everyone scored is in the group." }
*/
with group_place as (
    select distinct
        attribute,
        group_no,
        group_name
    from audits.group_points
),

against_rest as (
    select
        *,
        cast(sum(scored_count) over (partition by scorecard, attribute, feature) as bigint)
        - scored_count as rest_count,
        cast(sum(points_total) over (partition by scorecard, attribute, feature) as bigint)
        - points_total as rest_total
    from audits.feature_total
)

select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    against_rest.scorecard,
    card.scorecard_no,
    against_rest.attribute,
    group_place.group_no,
    against_rest.group_name,
    feature.factor,
    cast(feature.feature_no as integer) as feature_no,
    against_rest.feature,
    against_rest.scored_count,
    against_rest.rest_count,
    against_rest.points_total,
    against_rest.rest_total,
    case
        when against_rest.rest_count > 0
            then cast(
                against_rest.points_total * against_rest.rest_count
                - against_rest.rest_total * against_rest.scored_count
                as double
            ) / (against_rest.scored_count * against_rest.rest_count)
    end as feature_gap
from against_rest
inner join group_place
    on
        against_rest.attribute = group_place.attribute
        and against_rest.group_name = group_place.group_name
inner join reference.feature as feature
    on against_rest.scorecard = feature.scorecard and against_rest.feature = feature.feature
inner join reference.card as card on against_rest.scorecard = card.scorecard
