/*
number = 40
title  = "How unequally points are shared out"
note   = "Gini of the points above the base (0: all have the same), with all factors and without the social one."
empty  = "No one is scored."
finding = """
select format(
    'The Gini of points above the base is {:.3f} with all factors and {:.3f} without friends.',
    max_by(gini, as_of_date) filter (where points_counted = 'all factors'),
    max_by(gini, as_of_date) filter (where points_counted = 'without friends')
) from figure having count(distinct points_counted) = 2"""
chart  = { kind = "lines", label = "as_of_date", values = ["gini"], series = "points_counted" }

[columns]
as_of_date     = { heading = "as of" }
points_counted = { heading = "points" }
people         = { unit = "people" }
gini           = { heading = "Gini", unit = "0 to 1", decimals = 4 }
theil          = { heading = "Theil", unit = "0 upwards", decimals = 4 }
*/
select
    as_of_date,
    case points_counted when 'all' then 'all factors' else 'without friends' end as points_counted,
    people,
    gini,
    theil
from inequality
where
    scorecard_no = 1
    and as_of_date <= $as_of_date
    -- each attribute splits the same inequality
    and attribute = (select min(any_of.attribute) from inequality as any_of)
order by as_of_date, points_counted
