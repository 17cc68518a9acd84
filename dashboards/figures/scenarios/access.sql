/*
number = 60
title  = "What is open to how many?"
note   = "Who is not scored has nothing open, and counts."
columns.shown = { heading = "value", unit = "% of all people", decimals = 1 }
*/
with first_card as (
    select
        min_score,
        array_to_string(list_sort(list(distinct replace(benefit, '_', ' '))), ', ') as opened
    from benefits
    where society_no = 1
    group by min_score
)

select
    'From ' || gate.min_score || ' points: ' || coalesce(first_card.opened, '') as panel,
    gate.as_of_date,
    gate.society,
    100 * max(gate.open_count) / nullif(max(gate.people), 0) as shown
from benefits as gate
left join first_card on gate.min_score = first_card.min_score
group by gate.min_score, first_card.opened, gate.as_of_date, gate.society, gate.society_no
order by gate.min_score, gate.as_of_date, gate.society_no
