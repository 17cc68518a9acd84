/*
number = 50
title  = "How far apart are groups?"
note   = """Between the groups with at least 30 scored people that have the highest and the lowest mean. \
Some distance is there by chance; the JSON has intervals and tests."""
columns.shown = { heading = "value", unit = "points", decimals = 1 }
*/
select
    'Highest less lowest mean score by ' || replace(attribute, '_', ' ') as panel,
    as_of_date,
    society,
    case
        when count(*) filter (where not is_small) > 1
            then
                max(mean_score) filter (where not is_small)
                - min(mean_score) filter (where not is_small)
    end as shown
from gaps
group by attribute, as_of_date, society, society_no
order by list_position(['region', 'gender', 'age_band'], attribute), as_of_date, society_no
