/*
title = "The bands of a scorecard cover every score once, from base to the highest"
level = "fail"
stage = "scores"
*/
with scale as (
    select
        card.scorecard,
        card.base as lowest,
        card.base + sum(factor.max_points) as highest
    from reference.card as card
    inner join reference.factor as factor on card.scorecard = factor.scorecard
    group by card.scorecard, card.base
),

edge as (
    select
        scorecard,
        band,
        at_least,
        at_most,
        lag(at_most) over (partition by scorecard order by band_no) as at_most_before,
        lead(at_least) over (partition by scorecard order by band_no) as at_least_after
    from reference.band
)

select
    scale.scorecard,
    edge.band,
    edge.at_least,
    edge.at_most,
    scale.lowest,
    scale.highest
from scale
left join edge on scale.scorecard = edge.scorecard
where
    edge.band is null
    or edge.at_least > edge.at_most
    or edge.at_least <> coalesce(edge.at_most_before + 1, scale.lowest)
    or edge.at_most <> coalesce(edge.at_least_after - 1, scale.highest)
