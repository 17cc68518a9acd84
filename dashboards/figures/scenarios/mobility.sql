/*
number = 90
title  = "How much do people move between bands?"
note   = """0: no one changes band from one month to the next. Not scored counts as a band. \
Few people in a small band move it much."""
columns.shown = { heading = "value", unit = "0 to 1.25", decimals = 3 }
*/
select
    'Shorrocks index, month to month' as panel,
    as_of_date,
    society,
    mobility as shown
from figures
order by as_of_date, society_no
