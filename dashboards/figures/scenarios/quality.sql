/*
number = 100
title  = "How well does a score predict who becomes bad?"
note   = """Bad: {bad}. The chance that of a bad and a good person the good one has the higher \
score; empty where the outcome is not yet known, or no one is bad."""
columns.shown = { heading = "value", unit = "0.5 chance, 1 perfect", decimals = 3 }
*/
select
    'AUC' as panel,
    as_of_date,
    society,
    auc as shown
from figures
order by as_of_date, society_no
