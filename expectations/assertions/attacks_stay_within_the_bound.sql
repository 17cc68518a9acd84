/*
title = "Observed / proven bound <= 1: no attack that is tried moves anyone further than d"
level = "fail"
stage = "audits"
*/
-- In integers, so exact: |x - q| <= d after the attack, q from the person's own points; and so the
-- points of the mean end at no more than those of the lesser of q + d and 1.
with record as (
    select
        own_points.scorecard,
        own_points.person_key,
        own_points.own_points * 1000000 // card.own_points_max as own_ppm,
        card.max_distance_ppm,
        card.friend_points_max
    from scores.own_points as own_points
    inner join reference.card as card on own_points.scorecard = card.scorecard
)

select
    attempt.scorecard,
    attempt.attack_no,
    attempt.person_key,
    record.own_ppm,
    record.max_distance_ppm,
    attempt.numerator,
    attempt.denominator,
    points.friend_points
from audits.attempt as attempt
left join record
    on attempt.scorecard = record.scorecard and attempt.person_key = record.person_key
left join audits.attempt_points as points
    on
        attempt.scorecard = points.scorecard
        and attempt.attack_no = points.attack_no
        and attempt.person_key = points.person_key
where
    record.own_ppm is null
    or points.friend_points is null
    or abs(attempt.numerator - record.own_ppm * attempt.denominator)
    > record.max_distance_ppm * attempt.denominator
    or points.friend_points > (
        2 * record.friend_points_max * least(record.own_ppm + record.max_distance_ppm, 1000000)
        + 1000000
    ) // 2000000
