/*
title = "Ties of a burst: people who became friends with each other at about the same time"
grain = "one row per pair of friends in contact, in two or more triangles of ties within 30 days"
key   = ["low_key", "high_key"]

[columns]
low_key        = { type = "BIGINT", min = 0, doc = "The smaller person_key of the pair." }
high_key       = { type = "BIGINT", min = 0, doc = "The larger person_key of the pair." }
tie_days       = { type = "BIGINT", unit = "days", min = 0, doc = "Age of the tie." }
contact_months = { type = "BIGINT", unit = "30-day months", min = 1, max = 12, doc = "Months of the last 12 with contact in both directions." }
triangle_count = { type = "BIGINT", unit = "triangles", min = 2, doc = "Friends of both whose ties to both are as old, within 30 days." }
*/
with pair as (
    select
        person_key as low_key,
        friend_key as high_key,
        tie_days,
        contact_months
    from staging.tie
    where person_key < friend_key and contact_months > 0
),

-- One tie in fifty on one day, and at least a thousand: an import, which says nothing about people.
begun as (
    select
        tie_days,
        count(*) as pair_count,
        cast(sum(count(*)) over () as bigint) as all_count
    from pair
    group by tie_days
),

usual as (
    select *
    from pair
    where
        tie_days not in (
            select begun.tie_days from begun
            where begun.pair_count >= 1000 and begun.pair_count * 50 > begun.all_count
        )
),

triangle as (
    select
        first_side.low_key,
        first_side.high_key as middle_key,
        second_side.high_key
    from usual as first_side
    inner join usual as second_side
        on
            first_side.low_key = second_side.low_key
            and first_side.high_key < second_side.high_key
            and abs(first_side.tie_days - second_side.tie_days) <= 30
    inner join usual as third_side
        on
            first_side.high_key = third_side.low_key
            and second_side.high_key = third_side.high_key
            and abs(first_side.tie_days - third_side.tie_days) <= 30
            and abs(second_side.tie_days - third_side.tie_days) <= 30
),

side as (
    select
        case listed.place when 3 then triangle.middle_key else triangle.low_key end as low_key,
        case listed.place when 1 then triangle.middle_key else triangle.high_key end as high_key
    from triangle
    cross join (values (1), (2), (3)) as listed (place)
)

select
    usual.low_key,
    usual.high_key,
    usual.tie_days,
    usual.contact_months,
    cast(count(*) as bigint) as triangle_count
from side
inner join usual on side.low_key = usual.low_key and side.high_key = usual.high_key
group by usual.low_key, usual.high_key, usual.tie_days, usual.contact_months
having count(*) >= 2
