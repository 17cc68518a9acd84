/*
number = 50
title  = "Fear 4: a gate shuts out the same people everywhere"
note   = "Who of each group is at or above the gate that you choose, those without a score included; of the attribute whose groups are farthest apart. Full colour: below four fifths of the best group, beyond chance."
empty  = "No profile names a group, or no benefit is opened by the score alone."
finding = """
select format(
    'At {}, {} passes at {:.0f} % of the rate of the best group; at {}, {} at {:.0f} %.',
    min(gate), min_by(group_name, ratio) filter (where is_lowest), 100 * min(ratio) filter (where is_lowest),
    max(gate), min_by(group_name, ratio) filter (where is_highest), 100 * min(ratio) filter (where is_highest)
) from (select *, gate = min(gate) over () as is_lowest, gate = max(gate) over () as is_highest from figure)
having count(*) > 0"""
chart  = { kind = "bars", label = "group_name", values = ["open_share"], marked = "is_found", choice = "gate", said = "said" }

[columns]
gate       = {}
group_name = { heading = "group" }
people     = { unit = "people" }
open_share = { heading = "pass", unit = "% of the group", decimals = 1, times = 100 }
ratio      = { heading = "of the best group's", unit = "%", decimals = 1, times = 100 }
is_found   = { heading = "below four fifths beyond chance" }
said       = { heading = "in words" }
*/
with gate as (
    select
        min_score,
        min(benefit_no) as benefit_no,
        string_agg(replace(benefit, '_', ' '), ', ' order by benefit_no) as opens
    from benefit_card
    where as_of_date = $as_of_date and scorecard_no = 1 and not is_wall_enforced
    group by min_score
),

passing as (
    select
        gate.min_score,
        gate.opens,
        opened.attribute,
        opened.group_no,
        replace(opened.attribute, '_', ' ') || ': ' || opened.group_name as group_name,
        opened.people,
        opened.open_count,
        opened.open_share,
        opened.four_fifths_ratio as ratio,
        opened.is_below_four_fifths and opened.is_significant as is_found
    from gate
    inner join benefit_access as opened
        on
            gate.benefit_no = opened.benefit_no
            and opened.as_of_date = $as_of_date
            and opened.scorecard_no = 1
            and opened.attribute <> 'decile'
),

widest as (
    select attribute
    from passing
    order by is_found desc, ratio asc, attribute asc
    limit 1
)

select
    cast(passing.min_score as varchar) as gate,
    passing.group_name,
    passing.people,
    passing.open_share,
    passing.ratio,
    passing.is_found,
    format(
        '{} opens {}. It is closed to {:,} of {:,} people.',
        passing.min_score, passing.opens,
        sum(passing.people - passing.open_count) over at_gate, sum(passing.people) over at_gate
    ) as said
from passing
inner join widest on passing.attribute = widest.attribute
window at_gate as (partition by passing.min_score)
order by passing.min_score, passing.group_no
