/*
title = "Every benefit opens at a score that can be had"
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
)

select
    benefit.scorecard,
    benefit.benefit,
    benefit.min_score,
    scale.lowest,
    scale.highest
from reference.benefit as benefit
left join scale on benefit.scorecard = scale.scorecard
where scale.scorecard is null or benefit.min_score not between scale.lowest and scale.highest
