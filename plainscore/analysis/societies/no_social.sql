-- The card without its social factor: whatever friends would give is given in proportion to the
-- person's own record, rounded half up, so that the scale, its bands and its gates stay.
insert into scores.factor by name
select
    'no_social' as scorecard,
    factor.person_key,
    factor.credit_history,
    factor.purchase_behaviour,
    factor.performance_reliability,
    factor.personal_information,
    cast(
        (2 * own_points.own_points * social.max_points + card.own_points_max)
        // (2 * card.own_points_max)
        as integer
    ) as social_connections
from scores.factor as factor
inner join reference.card as card
    on factor.scorecard = card.scorecard and card.scorecard_no = 1
inner join reference.factor as social
    on factor.scorecard = social.scorecard and social.factor = 'social_connections'
inner join scores.own_points as own_points
    on factor.scorecard = own_points.scorecard and factor.person_key = own_points.person_key
