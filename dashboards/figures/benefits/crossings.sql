/*
number = 20
title  = "Who passed a gate since the snapshot before"
note   = "People scored in both snapshots whose score is on the other side of the gate now. Benefits behind an enforced wall have no such gate."
empty  = "There is no snapshot of an earlier date to compare with."
finding = """
select format(
    'Most moved at the gate of {} points: {:,} people passed it upwards, {:,} fell below it.',
    max_by(min_score, gained + lost), max_by(gained, gained + lost), max_by(lost, gained + lost)
) from figure having max(gained + lost) > 0"""
chart  = { kind = "dots", label = "min_score", values = ["gained", "lost"] }

[columns]
min_score = { heading = "gate" }
benefits  = { heading = "benefits behind it" }
gained    = { heading = "opened", unit = "people" }
lost      = { heading = "closed", unit = "people" }
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

moved as (
    select
        score_before,
        score_after,
        count(*) as people
    from compare($before_date, $as_of_date)
    where score_change is not null
    group by all
)

select
    cast(gate.min_score as varchar) as min_score,
    gate.benefits,
    cast(coalesce(sum(moved.people) filter (
        where moved.score_before < gate.min_score and moved.score_after >= gate.min_score
    ), 0) as bigint) as gained,
    cast(coalesce(sum(moved.people) filter (
        where moved.score_before >= gate.min_score and moved.score_after < gate.min_score
    ), 0) as bigint) as lost
from gate
cross join moved
group by gate.min_score, gate.benefits
order by gate.min_score
