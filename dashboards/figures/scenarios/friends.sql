/*
number = 80
title  = "Do friends have alike scores?"
note   = """0: ties are independent of scores. \
Redrawn ties (same number each) come to about 0."""
columns.shown = { heading = "value", unit = "correlation, -1 to 1", decimals = 3 }
*/
select
    'Score assortativity over ties' as panel,
    as_of_date,
    society,
    assortativity as shown
from figures
order by as_of_date, society_no
