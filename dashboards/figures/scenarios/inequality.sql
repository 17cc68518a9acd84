/*
number = 40
title  = "How unequally are the points shared out?"
note   = """0: all have as many points above the base as each other. \
Higher: more unequal."""
columns.shown = { heading = "value", unit = "0 to 1", decimals = 3 }
*/
select
    'Gini of the points above the base' as panel,
    as_of_date,
    society,
    gini as shown
from figures
order by as_of_date, society_no
