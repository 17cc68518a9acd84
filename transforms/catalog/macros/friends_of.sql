/*
Every term of one person's friend_reliability on day d: the prior (friend_id empty), then the
friends, heaviest first; contribution sums to the feature's value. Scored people only.
Example: from friends_of('p1', '2026-10-31')
*/
create macro friends_of(person, d) as table
with mine as (
    select
        score.person_id,
        score.as_of_date,
        score.known_on,
        card.prior_weight,
        card.prior_ppm,
        card.max_distance_ppm,
        (score.score - card.base - social.points) * 1000000 // card.own_points_max as own_ppm
    from score
    inner join card
        on score.as_of_date = card.as_of_date and score.scorecard_no = card.scorecard_no
    cross join friend_factor(person, d) as social
    where
        score.person_id = person
        and score.as_of_date = cast(d as date)
        and score.score is not null
),

term as (
    select
        friend_id,
        tie_days,
        contact_months as weight,
        friend_ppm as record_ppm,
        clipped_ppm
    from friend
    where person_id = person and as_of_date = cast(d as date)
    union all
    select
        cast(null as varchar) as friend_id,
        cast(null as bigint) as tie_days,
        prior_weight as weight,
        prior_ppm as record_ppm,
        greatest(
            least(prior_ppm, own_ppm + max_distance_ppm), own_ppm - max_distance_ppm
        ) as clipped_ppm
    from mine
)

select
    mine.person_id,
    mine.as_of_date,
    mine.known_on,
    term.friend_id,
    term.tie_days,
    term.weight,
    term.record_ppm,
    term.clipped_ppm,
    mine.own_ppm,
    term.weight / cast(sum(term.weight) over () as double) as weight_share,
    term.weight * term.clipped_ppm / (1000000.0 * sum(term.weight) over ()) as contribution
from mine
cross join term
order by term.friend_id is not null, term.weight desc, term.friend_id
