/*
number = 10
title  = "Every published snapshot"
note   = "One row for each date, as it is known now. Mean and median are of the scored."
empty  = "Nothing is published."
chart  = { kind = "lines", label = "as_of_date", values = ["mean_score", "median_score"] }

[columns]
as_of_date    = { heading = "as of" }
known_on      = {}
people        = { unit = "people" }
scored        = { unit = "people" }
scored_share  = { heading = "scored share", unit = "% of the people", decimals = 1, times = 100 }
mean_score    = { unit = "points", decimals = 1 }
median_score  = { unit = "points" }
checks_passed = { unit = "checks" }
checks_warned = { unit = "checks" }
*/
with ranked as (
    select
        as_of_date,
        score,
        people,
        sum(people) over (partition by as_of_date) as scored,
        sum(people) over (partition by as_of_date order by score) as scored_up_to
    from distribution
    where scorecard_no = 1 and as_of_date <= $as_of_date
),

placed as (
    select
        as_of_date,
        sum(score * people) / sum(people) as mean_score,
        min(score) filter (where 2 * scored_up_to >= scored) as median_score
    from ranked
    group by as_of_date
)

select
    run.as_of_date,
    run.known_on,
    run.people,
    run.scored,
    run.scored / run.people as scored_share,
    placed.mean_score,
    placed.median_score,
    run.checks_passed,
    run.checks_warned
from run
left join placed on run.as_of_date = placed.as_of_date
where run.is_shown and run.as_of_date <= $as_of_date
order by run.as_of_date
