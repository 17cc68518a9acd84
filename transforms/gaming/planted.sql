-- What planted attackers gain: their social points with the attack's ties less those without.
-- One row per scorecard and part played; people who play none stand under 'no attack'.
with contact as (
    select
        person_key,
        cast(sum(contact_months) as bigint) as contact_count
    from planted.tie
    where is_planted
    group by person_key
),

gate as (
    select
        score.scorecard,
        score.person_key,
        min(benefit.min_score) as next_gate
    from scores.score as score
    inner join reference.benefit as benefit
        on score.scorecard = benefit.scorecard and score.score < benefit.min_score
    where not benefit.is_wall_enforced
    group by score.scorecard, score.person_key
),

person as (
    select
        card.scorecard,
        card.scorecard_no,
        coalesce(part.kind, 'no attack') as kind,
        coalesce(part.role, '-') as played_role,
        ring.person_key is not null as is_in_ring,
        score.score is not null as is_scored,
        coalesce(contact.contact_count, 0) as contact_count,
        factor.points - without_factor.points as social_gain,
        record.friend_points - without_record.friend_points as friend_gain,
        (
            abs(record.numerator - record.own_ppm * record.denominator) + record.denominator - 1
        ) // record.denominator as distance_ppm,
        card.max_distance_ppm,
        score.score + factor.points - without_factor.points
        >= gate.next_gate as crosses_gate,
        coalesce(naive.naive_gain, 0) as naive_gain
    from staging.person as everyone
    cross join reference.card as card
    left join planted.part as part on everyone.person_key = part.person_key
    left join statistics.ring_member as ring on everyone.person_key = ring.person_key
    left join contact on everyone.person_key = contact.person_key
    left join scores.score as score
        on everyone.person_key = score.person_key and card.scorecard = score.scorecard
    left join gate on everyone.person_key = gate.person_key and card.scorecard = gate.scorecard
    left join planted.social as factor
        on everyone.person_key = factor.person_key and card.scorecard = factor.scorecard
    left join planted.social_without as without_factor
        on
            everyone.person_key = without_factor.person_key
            and card.scorecard = without_factor.scorecard
    left join planted.friend_reliability as record
        on everyone.person_key = record.person_key and card.scorecard = record.scorecard
    left join scores.friend_reliability as without_record
        on
            everyone.person_key = without_record.person_key
            and card.scorecard = without_record.scorecard
    left join planted.naive as naive
        on everyone.person_key = naive.person_key and card.scorecard = naive.scorecard
)

select
    scorecard,
    kind,
    played_role,
    count(*) as people,
    count(*) filter (where is_scored) as scored_count,
    cast(sum(contact_count) as bigint) as contact_count,
    cast(coalesce(sum(social_gain), 0) as bigint) as social_points_gained,
    max(social_gain) as most_social_points_gained,
    count(*) filter (where social_gain < 0) as loser_count,
    cast(coalesce(sum(friend_gain), 0) as bigint) as friend_points_gained,
    max(friend_gain) as most_friend_points_gained,
    max(distance_ppm) as most_distance_ppm,
    max(max_distance_ppm) as distance_bound_ppm,
    count(*) filter (where crosses_gate) as gate_crosser_count,
    cast(coalesce(sum(naive_gain) filter (where is_scored), 0) as bigint) as naive_points_gained,
    count(*) filter (where is_in_ring) as in_ring_count
from person
group by scorecard, scorecard_no, kind, played_role
order by scorecard_no, kind = 'no attack', kind, played_role
