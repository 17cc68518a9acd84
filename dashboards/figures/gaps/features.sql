/*
number = 20
title  = "Which features make the largest gaps"
chart  = { kind = "bars", label = "part", values = ["feature_gap"] }
note   = "Mean points of the group less those of everyone else; over all features they sum to the gap."
empty  = "No profile names a group."
finding = """
select format(
    'The largest part of a gap is {} of {}: {:.1f} points.',
    max_by(feature, abs(feature_gap)), max_by(group_name, abs(feature_gap)), max_by(feature_gap, abs(feature_gap))
) from figure"""

[columns]
part        = { heading = "feature, group" }
group_name  = { heading = "group" }
feature     = {}
factor      = {}
people      = { heading = "scored", unit = "people" }
feature_gap = { heading = "gap", unit = "points", decimals = 2 }
*/
select
    replace(feature, '_', ' ') || ', ' || replace(attribute, '_', ' ') || ': ' || group_name
        as part,
    replace(attribute, '_', ' ') || ': ' || group_name as group_name,
    replace(feature, '_', ' ') as feature,
    replace(factor, '_', ' ') as factor,
    scored_count as people,
    feature_gap
from gap_split
where as_of_date = $as_of_date and scorecard_no = 1 and feature_gap is not null
order by abs(feature_gap) desc, attribute asc, group_no asc, feature_no asc
limit 20
