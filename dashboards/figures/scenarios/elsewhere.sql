/*
number = 30
title  = "Who is in another band than on the first card?"
note   = """The people are the same and so is what they did; \
only where the rules put them differs."""
columns.shown = { heading = "value", unit = "% of the scored", decimals = 1 }
*/
select
    panel,
    as_of_date,
    society,
    100 * people / nullif(scored, 0) as shown
from (
    select
        as_of_date,
        society,
        society_no,
        scored,
        unnest(['In a higher band', 'In a lower band']) as panel,
        unnest([band_up, band_down]) as people
    from figures
) as moved
order by panel, as_of_date, society_no
