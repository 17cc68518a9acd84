/*
number = 15
title  = "What is open to which group"
note   = "Framed: below four fifths. Four fifths: a group's share against the best group's; below 80 % is the usual sign of adverse impact (US Uniform Guidelines on Employee Selection Procedures, 1978). Harm-sensitive benefits always, others where any group is below."
empty  = "No profile names a group."
finding = """
select if(
    count(*) filter (where is_below_four_fifths and is_significant) = 0,
    'No group is below four fifths of the best group beyond chance, for any benefit.',
    format(
        'Of the pairs of group and benefit {} below four fifths beyond chance; lowest {} of {}: {:,} of {:,} people do not have it.',
        if(count(*) filter (where is_below_four_fifths and is_significant) = 1, '1 is', count(*) filter (where is_below_four_fifths and is_significant) || ' are'),
        min_by(benefit, four_fifths_ratio) filter (where is_significant),
        min_by(group_name, four_fifths_ratio) filter (where is_significant),
        cast(round(min_by(people * (1 - open_share), four_fifths_ratio) filter (where is_significant)) as bigint),
        min_by(people, four_fifths_ratio) filter (where is_significant)
    )
) from figure"""
chart  = { kind = "cells", label = "group_name", values = ["open_share"], series = "benefit", marked = "is_below_four_fifths", is_wide = true }

[columns]
benefit              = {}
group_name           = { heading = "group" }
people               = { unit = "people" }
open_share           = { heading = "open share", unit = "% of the group", decimals = 1, times = 100 }
best_group           = {}
four_fifths_ratio    = { heading = "of the best group's", unit = "%", decimals = 1, times = 100 }
is_below_four_fifths = { heading = "below four fifths" }
is_significant       = { heading = "beyond chance" }
is_small             = { heading = "small group" }
*/
select
    replace(benefit, '_', ' ') as benefit,
    replace(attribute, '_', ' ') || ': ' || group_name as group_name,
    people,
    open_share,
    best_group,
    four_fifths_ratio,
    is_below_four_fifths,
    is_significant,
    is_small
from benefit_access
where
    as_of_date = $as_of_date
    and scorecard_no = 1
    and attribute <> 'decile'  -- says what a threshold does, not who is wronged by it
qualify is_harm_sensitive or bool_or(is_below_four_fifths) over (partition by benefit_no)
order by benefit_no, attribute, group_no
