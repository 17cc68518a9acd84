/*
title = "Records of repayment"
grain = "one row per person with a payment on a credit bill in the last 24 months"
key   = ["person_key"]
by_person = true

[columns]
person_key    = {}
month_count   = { type = "BIGINT", unit = "30-day months", min = 0, max = 24, doc = "Months of the last 24 in which a material amount was repaid." }
total_cents   = { type = "BIGINT", unit = "cents", min = 0, doc = "Repaid in the last 24 months." }
recent_cents  = { type = "BIGINT", unit = "cents", min = 0, doc = "Repaid in the last 6 of them." }
is_long       = { type = "BOOLEAN", doc = "Whether it is long enough that nothing late in it is worth points: 7 months or more, and a material amount." }
*/
-- Seven months: the oldest of them is 180 days ago or more, so no one has a good record sooner.
with total as (
    select
        repaid_month.person_key,
        count(*) filter (
            where repaid_month.repaid_cents >= material.repaid_month_cents
        ) as month_count,
        cast(sum(repaid_month.repaid_cents) as bigint) as total_cents,
        cast(sum(case
            when repaid_month.months_back < 6 then repaid_month.repaid_cents else 0
        end) as bigint) as recent_cents
    from staging.repaid_month as repaid_month
    cross join reference.materiality as material
    where not repaid_month.is_household
    group by repaid_month.person_key
)

select
    total.person_key,
    total.month_count,
    total.total_cents,
    total.recent_cents,
    total.month_count >= 7 and total.total_cents >= material.credit_record_cents as is_long
from total
cross join reference.materiality as material
