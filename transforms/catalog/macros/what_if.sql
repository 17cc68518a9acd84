/*
What one scored person's score on day d would be if one feature had another value (null or NaN: missing),
all else equal: the feature's new points and, as friends are weighed against the person's own
record, the new points of friend_reliability. Exact integer points of the scorecard in force.
Example: from what_if('p1', '2026-10-31', 'utilisation', 0.1)
*/
create macro what_if(person, d, which, new_value) as table
with record as (
    select
        score.person_id,
        score.as_of_date,
        score.known_on,
        score.score as score_now,
        card.scorecard_no,
        card.prior_weight,
        card.prior_ppm,
        card.max_distance_ppm,
        card.friend_points_max,
        changed.*,
        social.mean_points as friend_points_now,
        coalesce(changed.feature = social.mean_feature, false) as is_mean,
        (
            score.score - card.base - social.points
            + case when changed.factor = social.factor then 0
            else changed.points_then - changed.points_now end
        ) * 1000000 // card.own_points_max as own_ppm
    from score
    inner join card
        on score.as_of_date = card.as_of_date and score.scorecard_no = card.scorecard_no
    cross join friend_factor(person, d) as social
    cross join points_for(person, d, which, new_value) as changed
    where score.person_id = person and score.as_of_date = cast(d as date)
),

term as (
    select prior_weight as weight, prior_ppm as record_ppm
    from record
    union all
    select friend.contact_months as weight, friend.friend_ppm as record_ppm
    from friend
    where friend.person_id = person and friend.as_of_date = cast(d as date)
),

mean as (
    select
        cast(sum(term.weight) as bigint) as weight,
        cast(sum(term.weight * greatest(
            least(term.record_ppm, record.own_ppm + record.max_distance_ppm),
            record.own_ppm - record.max_distance_ppm
        )) as bigint) as numerator
    from term
    cross join record
),

answer as (
    select
        record.*,
        case
            when record.is_mean then record.points_then
            else cast(
                (2 * record.friend_points_max * mean.numerator + 1000000 * mean.weight)
                // (2000000 * mean.weight) as integer
            )
        end as friend_points_then,
        case when record.is_mean then 0 else record.points_then - record.points_now end
            as own_change
    from record
    cross join mean
)

select
    answer.person_id,
    answer.as_of_date,
    answer.known_on,
    answer.feature,
    answer.value_now,
    nullif(cast(new_value as double), cast('nan' as double)) as value_then,
    answer.points_now,
    answer.points_then,
    answer.friend_points_now,
    answer.friend_points_then,
    answer.score_now,
    answer.score_now + own_change + friend_points_then - friend_points_now as score_then,
    own_change + friend_points_then - friend_points_now as score_change,
    band_card.band as band_then,
    band_card.band_no as band_no_then
from answer
inner join band_card
    on
        band_card.as_of_date = answer.as_of_date
        and band_card.scorecard_no = answer.scorecard_no
        and answer.score_now + own_change + friend_points_then - friend_points_now
        between band_card.at_least and band_card.at_most
