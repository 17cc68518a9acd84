/*
number = 110
title  = "What does farming friends pay?"
note   = """Points of the social factor with the ties of a planted attack, less those without: mean of \
the scored who play the part. Without a social factor it is 0 by construction. A few people \
play each part."""
columns.shown = { heading = "value", unit = "points gained a head", decimals = 1 }
*/
select
    upper(planted.kind[1]) || replace(planted.kind[2:], '_', ' ') || ': ' || planted.role as panel,
    planted.as_of_date,
    planted.society,
    planted.points_gained / planted.scored as shown
from planted
where planted.scored > 0
order by planted.kind, planted.role, planted.as_of_date, planted.society_no
