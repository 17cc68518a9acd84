/*
number = 10
title  = "The scorecard"
note   = "Score = base + the points of all features. A value earns the points of its bin; the neighbour mean of friends has a formula of its own."
empty  = "There is no scorecard."
finding = """
select format(
    '{} features of {} factors earn points; {} weighs most, {} points.',
    count(*), count(distinct factor), max_by(feature, max_points), max(max_points)
) from figure"""

[columns]
factor         = {}
feature        = {}
definition     = {}
unit           = { heading = "unit" }
bins           = { heading = "values and their points" }
missing_points = { heading = "if missing", unit = "points" }
max_points     = { heading = "at most", unit = "points" }
*/
with worth as (
    select
        feature_no,
        string_agg(
            case
                when at_least is null and below is null then 'any'
                when at_least is null then 'below ' || printf('%g', below)
                else 'from ' || printf('%g', at_least)
            end || ': ' || points,
            ' | ' order by bin_no
        ) as bins
    from bin_card
    where scorecard_no = 1 and as_of_date = $as_of_date
    group by feature_no
)

select
    replace(card.factor, '_', ' ') as factor,
    replace(card.feature, '_', ' ') as feature,
    card.definition,
    card.unit,
    coalesce(worth.bins, 'mean record of friends, times ' || card.max_points) as bins,
    card.missing_points,
    card.max_points
from feature_card as card
left join worth on card.feature_no = worth.feature_no
where card.scorecard_no = 1 and card.as_of_date = $as_of_date
order by card.feature_no
