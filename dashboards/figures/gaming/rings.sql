/*
number = 40
title  = "Rings and stars"
note   = "A ring: people tied among themselves, all at about the same time, without more ties to others. A star: who made many ties at once with people who do not know each other. Expected: ties of that time, if these people's ties began as everyone's. Not proof: new teams look like it as well. The thirty largest."
empty  = "No such group was found."
finding = """
select format('The largest of the groups found is a {} of {:,} people.', max_by(kind, people), max(people)) from figure"""

[columns]
ring_no           = { heading = "ring" }
kind              = { heading = "kind" }
people            = { unit = "people" }
scored_count      = { heading = "scored", unit = "people" }
mean_score        = { unit = "points", decimals = 1 }
tie_count         = { heading = "ties inside", unit = "ties" }
outside_tie_count = { heading = "ties outside", unit = "ties" }
burst_tie_count   = { heading = "ties of the burst", unit = "ties" }
expected_tie_count = { heading = "expected", unit = "ties", decimals = 1 }
density           = { unit = "% of all pairs", decimals = 1, times = 100 }
youngest_tie_days = { heading = "youngest tie", unit = "days" }
oldest_tie_days   = { heading = "oldest tie", unit = "days" }
*/
select
    cast(found.ring_no as varchar) as ring_no,
    found.kind,
    found.people,
    found.scored_count,
    found.mean_score,
    found.tie_count,
    found.outside_tie_count,
    found.burst_tie_count,
    found.expected_tie_count,
    found.density,
    found.youngest_tie_days,
    found.oldest_tie_days
from ring as found
where found.as_of_date = $as_of_date
order by found.people desc, found.ring_no asc
limit 30
