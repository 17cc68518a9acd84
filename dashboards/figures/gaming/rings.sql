/*
number = 40
title  = "Groups that are tied among themselves"
note   = "Many ties inside, few outside, all made at about the same time: how a ring looks. Not proof: families and villages look like it as well. The thirty largest."
empty  = "No such group was found."

[columns]
ring_no           = { heading = "ring" }
people            = { unit = "people" }
scored_count      = { heading = "scored", unit = "people" }
mean_score        = { unit = "points", decimals = 1 }
tie_count         = { heading = "ties inside", unit = "ties" }
outside_tie_count = { heading = "ties outside", unit = "ties" }
density           = { unit = "% of all pairs", decimals = 1, times = 100 }
youngest_tie_days = { heading = "youngest tie", unit = "days" }
oldest_tie_days   = { heading = "oldest tie", unit = "days" }
*/
select
    cast(found.ring_no as varchar) as ring_no,
    found.people,
    found.scored_count,
    found.mean_score,
    found.tie_count,
    found.outside_tie_count,
    found.density,
    found.youngest_tie_days,
    found.oldest_tie_days
from ring as found
where found.as_of_date = $as_of_date
order by found.people desc, found.ring_no asc
limit 30
