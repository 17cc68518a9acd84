/*
title = "What attacks on the social points would gain"
grain = "one row per scorecard and attack, where there is anyone to try it on"
key   = ["scorecard", "attack_no"]

[columns]
scorecard             = {}
attack_no             = {}
attacker_count        = {}
new_tie_count         = {}
contact_count         = {}
social_points_gained  = {}
most_social_points_gained = {}
loser_count           = {}
friend_points_gained  = {}
most_friend_points_gained = {}
friend_points_bound   = {}
most_distance_ppm     = {}
distance_bound_ppm    = {}
gate_crosser_count    = {}
band_crosser_count    = {}
naive_points_gained   = {}
most_naive_points_gained = {}
*/
-- The naive card beside it: a good friend is one of the best fifth, and 20 of them give all points.
with attempted as (
    select
        had.*,
        gained.attack_no,
        gained.friend_count,
        gained.contact_months,
        card.max_distance_ppm,
        attempt.numerator as numerator_after,
        attempt.denominator as denominator_after,
        points.social_points - had.social_points as social_gain,
        points.friend_points - had.friend_points as friend_gain,
        (
            2 * card.friend_points_max
            * least(had.own_ppm + card.max_distance_ppm, 1000000) + 1000000
        ) // 2000000 - had.friend_points as friend_gain_bound,
        (2 * card.friend_points_max * least(friends.good_friend_count + gained.good_count, 20) + 20)
        // 40
        - (2 * card.friend_points_max * least(friends.good_friend_count, 20) + 20) // 40
            as naive_gain
    from audits.new_tie as gained
    inner join audits.attacker as had
        on gained.scorecard = had.scorecard and gained.person_key = had.person_key
    inner join audits.attacker_tie as friends
        on gained.scorecard = friends.scorecard and gained.person_key = friends.person_key
    inner join audits.attempt as attempt
        on
            gained.scorecard = attempt.scorecard
            and gained.attack_no = attempt.attack_no
            and gained.person_key = attempt.person_key
    inner join audits.attempt_points as points
        on
            gained.scorecard = points.scorecard
            and gained.attack_no = points.attack_no
            and gained.person_key = points.person_key
    inner join reference.card as card on gained.scorecard = card.scorecard
)

select
    scorecard,
    attack_no,
    cast(count(*) as bigint) as attacker_count,
    cast(sum(friend_count) as bigint) as new_tie_count,
    cast(sum(friend_count * contact_months) as bigint) as contact_count,
    cast(sum(social_gain) as bigint) as social_points_gained,
    max(social_gain) as most_social_points_gained,
    cast(count(*) filter (where social_gain < 0) as bigint) as loser_count,
    cast(sum(friend_gain) as bigint) as friend_points_gained,
    max(friend_gain) as most_friend_points_gained,
    cast(sum(friend_gain_bound) as bigint) as friend_points_bound,
    max(
        (abs(numerator_after - own_ppm * denominator_after) + denominator_after - 1)
        // denominator_after
    ) as most_distance_ppm,
    max(max_distance_ppm) as distance_bound_ppm,
    cast(count(*) filter (where score + social_gain >= next_gate) as bigint) as gate_crosser_count,
    cast(count(*) filter (where score + social_gain >= next_band) as bigint) as band_crosser_count,
    cast(sum(naive_gain) as bigint) as naive_points_gained,
    max(naive_gain) as most_naive_points_gained
from attempted
group by scorecard, attack_no
