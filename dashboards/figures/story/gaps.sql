/*
number = 30
title  = "Fear 3: who has little falls further behind"
note   = "Distance of the mean score of a group from that of everyone else, with the interval of chance, counting all factors or all but friends. Faint: not beyond chance."
empty  = "No profile names a group."
finding = """
select case
    when not is_significant then
        format('No gap between groups is beyond chance; the largest, of {}, is {:.1f} points.', group_name, gap)
    when format('{:.1f}', abs(change)) = '0.0' then
        format('The largest gap, of {}, is {:.1f} points with friends and without.', group_name, gap)
    else format(
        'The largest gap, of {}, is {:.1f} points with friends and {:.1f} without: friends {} it by {:.1f}.',
        group_name, gap, other_gap, if(change > 0, 'widen', 'narrow'), abs(change)
    )
end
from (select *, abs(gap) - abs(other_gap) as change from figure where counted = 'all factors' and gap is not null)
order by is_significant desc, abs(gap) desc, group_name
limit 1"""
chart  = { kind = "dots", label = "group_name", values = ["gap"], low = "gap_low", high = "gap_high", marked = "is_significant", choice = "counted", said = "said" }

[columns]
counted        = {}
group_name     = { heading = "group" }
gap            = { unit = "points", decimals = 1 }
gap_low        = { heading = "gap from", unit = "points", decimals = 1 }
gap_high       = { heading = "gap to", unit = "points", decimals = 1 }
other_gap      = { heading = "counted otherwise", unit = "points", decimals = 1 }
is_significant = { heading = "beyond chance" }
said           = { heading = "in words" }
*/
with pair as (
    select
        gap.points_counted,
        replace(gap.attribute, '_', ' ') || ': ' || gap.group_name as group_name,
        gap.gap_points,
        gap.gap_low,
        gap.gap_high,
        other.gap_points as other_gap,
        gap.is_significant,
        if(gap.points_counted = 'all', gap.gap_points, other.gap_points) as with_friends
    from gap
    inner join gap as other
        on
            gap.attribute = other.attribute
            and gap.group_no = other.group_no
            and gap.points_counted <> other.points_counted
            and other.scorecard_no = 1
            and other.as_of_date = $as_of_date
    where gap.as_of_date = $as_of_date and gap.scorecard_no = 1 and gap.gap_points is not null
)

select
    if(points_counted = 'all', 'all factors', 'without friends') as counted,
    group_name,
    gap_points as gap,
    gap_low,
    gap_high,
    other_gap,
    is_significant,
    format(
        '{} of {} groups are beyond chance from everyone else.',
        count(*) filter (where is_significant) over counting, count(*) over counting
    ) as said
from pair
window counting as (partition by points_counted)
order by points_counted asc, abs(with_friends) desc, group_name asc
