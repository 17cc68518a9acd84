/*
title = "|x - q| <= d: friends move no one further than d from their own record"
level = "fail"
stage = "scores"
*/
-- In integers, so exact: x = numerator / denominator, q from the person's own points.
with record as (
    select
        own_points.scorecard,
        own_points.person_key,
        own_points.own_points * 1000000 // card.own_points_max as own_ppm,
        card.max_distance_ppm
    from scores.own_points as own_points
    inner join reference.card as card on own_points.scorecard = card.scorecard
)

select
    record.scorecard,
    record.person_key,
    record.own_ppm,
    record.max_distance_ppm,
    mean.numerator,
    mean.denominator
from record
left join scores.friend_reliability as mean
    on record.scorecard = mean.scorecard and record.person_key = mean.person_key
where
    mean.numerator is null
    or abs(mean.numerator - record.own_ppm * mean.denominator)
    > record.max_distance_ppm * mean.denominator
