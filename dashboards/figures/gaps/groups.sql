/*
number = 10
title  = "How far each group's mean score is from everyone else's, largest first"
note   = "With the interval that chance alone would cover 19 times of 20. Beyond chance: after the adjustment for looking at many groups. Groups are seen by this audit alone: the score does not know them."
empty  = "No profile names a group."
finding = """
select if(
    count(*) filter (where is_significant) = 0,
    format('No gap is beyond chance; the largest, of {}, is {:.1f} points.', max_by(group_name, abs(gap_points)), max_by(gap_points, abs(gap_points))),
    format(
        '{} of {} groups are beyond chance from everyone else; the farthest is {}: {:.1f} points.',
        count(*) filter (where is_significant), count(*),
        max_by(group_name, abs(gap_points)) filter (where is_significant),
        max_by(gap_points, abs(gap_points)) filter (where is_significant)
    )
) from figure having count(gap_points) > 0"""
chart  = { kind = "dots", label = "group_name", values = ["gap_points"], low = "gap_low", high = "gap_high", marked = "is_significant" }

[columns]
group_name       = { heading = "group" }
people           = { unit = "people" }
not_scored_share = { heading = "not scored", unit = "% of the group", decimals = 1, times = 100 }
mean_score       = { unit = "points", decimals = 1 }
gap_points       = { heading = "gap", unit = "points", decimals = 1 }
gap_low          = { heading = "gap from", unit = "points", decimals = 1 }
gap_high         = { heading = "gap to", unit = "points", decimals = 1 }
own_gap_points   = { heading = "gap without friends", unit = "points", decimals = 1 }
is_significant   = { heading = "beyond chance" }
is_small         = { heading = "small group" }
*/
select
    replace(gap.attribute, '_', ' ') || ': ' || gap.group_name as group_name,
    gap.people,
    gap.not_scored_share,
    gap.mean_score,
    gap.gap_points,
    gap.gap_low,
    gap.gap_high,
    own.gap_points as own_gap_points,
    gap.is_significant,
    gap.is_small
from gap
left join gap as own
    on
        gap.as_of_date = own.as_of_date
        and gap.scorecard_no = own.scorecard_no
        and gap.attribute = own.attribute
        and gap.group_no = own.group_no
        and own.points_counted = 'own'
where gap.as_of_date = $as_of_date and gap.scorecard_no = 1 and gap.points_counted = 'all'
order by gap.is_significant desc, abs(gap.gap_points) desc, gap.attribute asc, gap.group_no asc
