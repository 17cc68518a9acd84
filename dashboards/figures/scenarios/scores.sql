/*
number = 10
title  = "How high are the scores?"
note   = "Of all who are scored. The same people are scored in every society."
columns.shown = { heading = "value", unit = "points", decimals = 1 }
*/
select
    panel,
    as_of_date,
    society,
    shown
from (
    select
        as_of_date,
        society,
        society_no,
        unnest(['Mean score', 'Median score']) as panel,
        unnest([mean_score, median_score]) as shown
    from figures
) as score
order by panel, as_of_date, society_no
