/*
number = 5
title  = "Who is just short of a gate"
note   = "People below a gate by so few points. At 10 points one bin of one feature decides. Benefits behind an enforced wall have no such gate."
empty  = "The scorecard names no benefits."
finding = """
select format(
    '{:,} people are 1 to 10 points short of {}, the most of any gate; it opens {}.',
    max(short_10), max_by(min_score, short_10), max_by(benefits, short_10)
) from figure having max(short_10) > 0"""
chart  = { kind = "bars", label = "min_score", values = ["short_10"] }

[columns]
min_score = { heading = "gate", unit = "points" }
benefits  = { heading = "opens" }
short_10  = { heading = "short by 1 to 10 points", unit = "people" }
short_30  = { heading = "short by 1 to 30 points", unit = "people" }
*/
with gate as (
    select
        min_score,
        string_agg(replace(benefit, '_', ' '), ', ' order by benefit_no) as benefits
    from benefit_card
    where
        scorecard_no = 1
        and as_of_date = $as_of_date
        and not coalesce(is_wall_enforced, false)
    group by min_score
),

short as (
    select
        gate.min_score,
        cast(coalesce(sum(placed.people) filter (
            where placed.score between gate.min_score - 10 and gate.min_score - 1
        ), 0) as bigint) as short_10,
        cast(coalesce(sum(placed.people) filter (
            where placed.score between gate.min_score - 30 and gate.min_score - 1
        ), 0) as bigint) as short_30
    from gate
    cross join distribution as placed
    where placed.scorecard_no = 1 and placed.as_of_date = $as_of_date
    group by gate.min_score
)

select
    gate.min_score,
    gate.benefits,
    short.short_10,
    short.short_30
from gate
inner join short on gate.min_score = short.min_score
order by gate.min_score
