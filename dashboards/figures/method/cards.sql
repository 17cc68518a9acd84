/*
number = 30
title  = "Scorecards of this snapshot"
note   = "The first is the champion: everything on these pages is about it. The hash is of the card's whole text."
empty  = "There is no scorecard."

[columns]
scorecard      = {}
version        = {}
base           = { unit = "points" }
without_logs   = { heading = "without logs" }
left_out       = { heading = "left out" }
scorecard_hash = { heading = "hash" }
*/
select
    scorecard,
    version,
    base,
    without_logs,
    left_out,
    scorecard_hash
from card
where as_of_date = $as_of_date
order by scorecard_no
