/*
title = "Days on which so many ties began that they were imported: their date says nothing"
grain = "one row per such day"
key   = ["tie_days"]

[columns]
tie_days  = { type = "BIGINT", unit = "days", min = 0, doc = "Age of the ties." }
tie_count = { type = "BIGINT", unit = "ties", min = 1, doc = "Ties in contact that began on the day." }
*/
with begun as (
    select
        tie_days,
        count(*) as tie_count,
        cast(sum(count(*)) over () as bigint) as all_count
    from staging.tie
    where person_key < friend_key and contact_months > 0
    group by tie_days
)

select
    begun.tie_days,
    begun.tie_count
from begun
cross join reference.ring_rule as rule
where
    begun.tie_count >= rule.fewest_imported
    and begun.tie_count * 1000000 > begun.all_count * rule.imported_ppm
