/*
number = 45
title  = "Who is touched by a wall between contexts"
note   = "Shares of the scored of each group, for harm-sensitive benefits: who loses and who gains the benefit where accepted contexts alone open it."
empty  = "No harm-sensitive benefit leaves a context out, or the snapshot was published before cards named any."

[columns]
benefit      = {}
attribute    = {}
group_name   = { heading = "group" }
people       = { unit = "people" }
without_wall = { heading = "open without", unit = "%", decimals = 1, times = 100 }
with_wall    = { heading = "open with", unit = "%", decimals = 1, times = 100 }
lose         = { heading = "lose it", unit = "%", decimals = 1, times = 100 }
gain         = { heading = "gain it", unit = "%", decimals = 1, times = 100 }
*/
select
    replace(benefit, '_', ' ') as benefit,
    replace(attribute, '_', ' ') as attribute,
    group_name,
    people,
    open_without_wall_count / people as without_wall,
    open_with_wall_count / people as with_wall,
    lost_count / people as lose,
    gained_count / people as gain
from context
where
    scorecard_no = 1
    and as_of_date = $as_of_date
    and is_harm_sensitive
    and attribute <> 'everyone'
order by benefit_no, attribute, group_name
