/*
number = 10
title  = "What moved scores, by cause"
note   = "Between the snapshot before and this one, over everyone scored in both. The parts of every person sum to their change, and so do these."
empty  = "Not computed for these two dates: `plainscore compare` computes it."
finding = """
select format(
    'On average {} moved a score by {:+.1f} points and {} by {:+.1f}.',
    max_by(cause, mean_change), max(mean_change), min_by(cause, mean_change), min(mean_change)
) from figure
"""
chart  = { kind = "bars", label = "cause", values = ["points_up", "points_down"] }

[columns]
cause       = {}
people      = { heading = "people moved", unit = "people" }
points_up   = { heading = "points gained", unit = "points" }
points_down = { heading = "points lost", unit = "points" }
mean_change = { unit = "points a scored person", decimals = 2 }
*/
with moved as (
    select
        unnest([
            { cause_no: 1, cause: 'new events', points: new_events_change },
            { cause_no: 2, cause: 'time passing', points: time_change },
            { cause_no: 3, cause: 'late data', points: late_data_change },
            { cause_no: 4, cause: 'rules', points: rules_change }
        ]) as part
    from compare($before_date, $as_of_date)
    where score_change is not null and time_change is not null
)

select
    part.cause,
    count(*) filter (where part.points <> 0) as people,
    cast(coalesce(sum(part.points) filter (where part.points > 0), 0) as bigint) as points_up,
    cast(coalesce(sum(part.points) filter (where part.points < 0), 0) as bigint) as points_down,
    sum(part.points) / count(*) as mean_change
from moved
group by part.cause_no, part.cause
order by part.cause_no
