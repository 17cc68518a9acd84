-- The naive rule in the place of the neighbour mean: a friend whose record is among the best fifth
-- is good, and 20 of them give all points (as in audits.gaming).
insert into scores.factor by name
with

placed as (
    select
        record.*,
        row_number() over (order by record.own_ppm, person.person_id) as place,
        count(*) over () as scored_people
    from scores.friend_reliability as record
    inner join events.person as person on record.person_key = person.person_key
    inner join reference.card as card
        on record.scorecard = card.scorecard and card.scorecard_no = 1
),

bar as (
    select min(own_ppm) as good_ppm
    from placed
    where place * 5 > scored_people * 4
),

good_friend as (
    select
        tie.person_key,
        count(*) as good_count
    from staging.tie as tie
    inner join placed as friend on tie.friend_key = friend.person_key
    cross join bar
    where tie.contact_months > 0 and friend.own_ppm >= bar.good_ppm
    group by tie.person_key
)

select
    'naive' as scorecard,
    factor.person_key,
    factor.credit_history,
    factor.purchase_behaviour,
    factor.performance_reliability,
    factor.personal_information,
    cast(
        factor.social_connections
        - placed.friend_points
        + (2 * card.friend_points_max * least(coalesce(good_friend.good_count, 0), 20) + 20) // 40
        as integer
    ) as social_connections
from scores.factor as factor
inner join reference.card as card
    on factor.scorecard = card.scorecard and card.scorecard_no = 1
inner join placed on factor.person_key = placed.person_key
left join good_friend on factor.person_key = good_friend.person_key
