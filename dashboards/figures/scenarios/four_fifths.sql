/*
number = 70
title  = "Which groups fall below four fifths?"
note   = """How often a group of at least 30 people has a benefit open less than four fifths as often \
as the best-off group."""
columns.shown = { heading = "value", unit = "groups x benefits", decimals = 0 }
*/
select
    'Below four fifths by ' || replace(attribute, '_', ' ') as panel,
    as_of_date,
    society,
    below_four_fifths as shown
from four_fifths
where attribute in ('region', 'gender', 'age_band')
order by list_position(['region', 'gender', 'age_band'], attribute), as_of_date, society_no
