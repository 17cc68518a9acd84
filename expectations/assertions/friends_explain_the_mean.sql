/*
title = "The prior and the published friends make each neighbour mean, to the last part"
level = "fail"
stage = "published"
*/
with term as (
    select
        person_id,
        sum(contact_months) as weight,
        sum(contact_months * clipped_ppm) as weighted_ppm
    from published.friend
    group by person_id
),

explained as (
    select
        person.person_id,
        mean.numerator,
        mean.denominator,
        card.prior_weight + coalesce(term.weight, 0) as weight,
        card.prior_weight
        * greatest(
            least(card.prior_ppm, mean.own_ppm + card.max_distance_ppm),
            mean.own_ppm - card.max_distance_ppm
        )
        + coalesce(term.weighted_ppm, 0) as weighted_ppm
    from scores.friend_reliability as mean
    inner join reference.card as card
        on mean.scorecard = card.scorecard and card.scorecard_no = 1
    inner join events.person as person on mean.person_key = person.person_key
    left join term on person.person_id = term.person_id
)

select
    person_id,
    numerator,
    cast(weighted_ppm as bigint) as sum_of_terms,
    denominator,
    cast(weight as bigint) as sum_of_weights
from explained
where numerator <> weighted_ppm or denominator <> weight
