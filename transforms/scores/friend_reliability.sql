/*
title = "Friend reliability: the bounded-influence neighbour mean"
grain = "one row per scorecard and scored person"
key   = ["scorecard", "person_key"]
late  = { feature = "friend_reliability", points = "friend_points" }

[columns]
scorecard   = {}
person_key  = {}
own_ppm     = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "The person's own record q: points without the social factor against the most there are." }
numerator   = { type = "BIGINT", unit = "parts per million x friend-months", min = 0, doc = "Prior and friends, each clipped to within max_distance_ppm of own_ppm, times its weight." }
denominator = { type = "BIGINT", unit = "friend-months", min = 1, doc = "The weights together." }
friend_reliability = { null = false }
friend_points = { type = "BIGINT", unit = "points", min = 0, doc = "friend_points_max x the mean, rounded half up." }
*/
with record as (
    select
        own_points.scorecard,
        own_points.person_key,
        card.prior_weight,
        card.prior_ppm,
        card.friend_points_max,
        own_points.own_points * 1000000 // card.own_points_max as own_ppm,
        own_points.own_points * 1000000 // card.own_points_max - card.max_distance_ppm as low_ppm,
        own_points.own_points * 1000000 // card.own_points_max + card.max_distance_ppm as high_ppm
    from scores.own_points as own_points
    inner join reference.card as card on own_points.scorecard = card.scorecard
),

friends as (
    select
        mine.scorecard,
        mine.person_key,
        cast(sum(tie.contact_months) as bigint) as weight,
        cast(sum(
            tie.contact_months * greatest(least(friend.own_ppm, mine.high_ppm), mine.low_ppm)
        ) as bigint) as weighted_ppm
    from staging.tie as tie
    inner join record as mine on tie.person_key = mine.person_key
    inner join record as friend
        on tie.friend_key = friend.person_key and mine.scorecard = friend.scorecard
    where tie.contact_months > 0
    group by mine.scorecard, mine.person_key
),

mean as (
    select
        record.*,
        record.prior_weight * greatest(least(record.prior_ppm, record.high_ppm), record.low_ppm)
        + coalesce(friends.weighted_ppm, 0) as numerator,
        record.prior_weight + coalesce(friends.weight, 0) as denominator
    from record
    left join friends
        on record.scorecard = friends.scorecard and record.person_key = friends.person_key
)

select
    scorecard,
    person_key,
    own_ppm,
    numerator,
    denominator,
    cast(numerator as double) / (1000000 * denominator) as friend_reliability,
    (2 * friend_points_max * numerator + 1000000 * denominator)
    // (2000000 * denominator) as friend_points
from mean
