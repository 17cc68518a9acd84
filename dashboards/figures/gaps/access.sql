/*
number = 15
title  = "What is open to which group"
note   = "A cell: how many people of the group do not have the benefit; the darker, the more have it. Framed: below four fifths beyond chance. Four fifths: a group's share against the best group's; below 80 % is the usual sign of adverse impact (US Uniform Guidelines on Employee Selection Procedures, 1978). Harm-sensitive benefits always, others where any group is below."
empty  = "No profile names a group."
finding = """
select if(
    count(*) = 0,
    'No group is below four fifths of the best group beyond chance, for any benefit.',
    format(
        '{} below four fifths beyond chance; the lowest: {} is closed to {:,} of {:,} people of {}.',
        if(count(*) = 1, '1 pair of group and benefit is', count(*) || ' pairs of group and benefit are'),
        min_by(benefit, four_fifths_ratio), min_by(closed_count, four_fifths_ratio),
        min_by(people, four_fifths_ratio), min_by(group_name, four_fifths_ratio)
    )
) from (from figure where is_found)"""
chart  = { kind = "cells", label = "group_name", values = ["open_share"], series = "benefit", marked = "is_found", text = "closed_count", is_wide = true }

[columns]
benefit              = {}
group_name           = { heading = "group" }
people               = { unit = "people" }
closed_count         = { heading = "do not have it", unit = "people" }
open_share           = { heading = "open share", unit = "% of the group", decimals = 1, times = 100 }
best_group           = {}
four_fifths_ratio    = { heading = "of the best group's", unit = "%", decimals = 1, times = 100 }
is_below_four_fifths = { heading = "below four fifths" }
is_significant       = { heading = "beyond chance" }
is_found             = { heading = "below four fifths beyond chance" }
is_small             = { heading = "small group" }
*/
select
    replace(benefit, '_', ' ') as benefit,
    replace(attribute, '_', ' ') || ': ' || group_name as group_name,
    people,
    people - open_count as closed_count,
    open_share,
    best_group,
    four_fifths_ratio,
    is_below_four_fifths,
    is_significant,
    is_below_four_fifths and is_significant as is_found,
    is_small
from benefit_access
where
    as_of_date = $as_of_date
    and scorecard_no = 1
    and attribute <> 'decile'  -- says what a threshold does, not who is wronged by it
qualify is_harm_sensitive or bool_or(is_below_four_fifths) over (partition by benefit_no)
order by
    benefit_no asc,
    min(four_fifths_ratio) over (partition by attribute, group_no) asc,
    attribute asc,
    group_no asc
