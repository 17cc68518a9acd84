/*
number = 20
title  = "The bands"
note   = "Names for ranges of the score."
empty  = "There are no bands."

[columns]
band     = {}
at_least = { heading = "from", unit = "points" }
at_most  = { heading = "to", unit = "points" }
*/
select
    band,
    at_least,
    at_most
from band_card
where scorecard_no = 1 and as_of_date = $as_of_date
order by band_no
