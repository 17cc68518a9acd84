/*
number = 0
title  = "All months in one table"
empty  = "There is no society."

[columns]
society           = {}
scored            = { unit = "people x months" }
mean_score        = { heading = "mean score", unit = "points", decimals = 1 }
top_band_share    = { heading = "top band", unit = "% of the scored", decimals = 1, times = 100 }
moved_share       = { heading = "other band than on the first", unit = "% of the scored", decimals = 1, times = 100 }
gini              = { heading = "Gini", unit = "0 to 1", decimals = 4 }
assortativity     = { unit = "correlation", decimals = 3 }
mobility          = { heading = "Shorrocks index", unit = "a month", decimals = 3 }
auc               = { heading = "AUC", unit = "0.5 to 1", decimals = 3 }
below_four_fifths = { heading = "below four fifths", unit = "groups x benefits", decimals = 1 }
farmed_points     = { heading = "planted attacks gain", unit = "points a head", decimals = 2 }
*/
-- scored: summed over the months; shares and mean_score are of those; moved: in another band than
-- on the first card. Others are means of the months that have one. farmed_points: a head and month,
-- of all scored who have a role in a planted attack.
with top_band as (
    select
        society,
        sum(people) as people
    from bands
    where band_no = (select max(every_band.band_no) from bands as every_band)
    group by society
),

below as (
    select
        society,
        sum(below_four_fifths) as pairs
    from four_fifths
    group by society
),

farmed as (
    select
        society,
        sum(points_gained) / nullif(sum(scored), 0) as points
    from planted
    group by society
)

select
    figures.society,
    cast(sum(figures.scored) as bigint) as scored,
    fsum(figures.mean_score * figures.scored) / nullif(sum(figures.scored), 0) as mean_score,
    any_value(top_band.people) / nullif(sum(figures.scored), 0) as top_band_share,
    sum(figures.band_up + figures.band_down) / nullif(sum(figures.scored), 0) as moved_share,
    favg(figures.gini) as gini,
    favg(figures.assortativity) as assortativity,
    favg(figures.mobility) as mobility,
    favg(figures.auc) as auc,
    coalesce(any_value(below.pairs), 0) / count(*) as below_four_fifths,
    any_value(farmed.points) as farmed_points
from figures
left join top_band on figures.society = top_band.society
left join below on figures.society = below.society
left join farmed on figures.society = farmed.society
group by figures.society, figures.society_no
order by figures.society_no
