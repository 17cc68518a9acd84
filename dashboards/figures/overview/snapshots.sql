/*
number = 40
title  = "Mean and median score, date by date"
note   = "Of the scored people of each date."
empty  = "Nothing is published."
finding = """
select format(
    'The mean score was {:.1f} points on {} and is {:.1f} on {}.',
    min_by(mean_score, as_of_date), min(as_of_date), max_by(mean_score, as_of_date), max(as_of_date)
) from figure having count(mean_score) > 1"""
chart  = { kind = "lines", label = "as_of_date", values = ["mean_score", "median_score"] }

[columns]
as_of_date    = { heading = "as of" }
known_on      = {}
people        = { unit = "people" }
scored        = { unit = "people" }
scored_share  = { heading = "scored share", unit = "% of the people", decimals = 1, times = 100 }
mean_score    = { unit = "points", decimals = 1 }
median_score  = { unit = "points" }
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
    placed.median_score
from run
left join placed on run.as_of_date = placed.as_of_date
where run.is_shown and run.as_of_date <= $as_of_date
order by run.as_of_date
