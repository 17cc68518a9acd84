-- What the naive rule gives everyone by the first card; $good_ppm: the record of a good friend.
select
    tie.person_key,
    naive_points(card.friend_points_max, count(*)) as points
from staging.tie as tie
inner join scores.friend_reliability as friend on tie.friend_key = friend.person_key
inner join reference.card as card
    on friend.scorecard = card.scorecard and card.scorecard_no = 1
where tie.contact_months > 0 and friend.own_ppm >= $good_ppm
group by tie.person_key, card.friend_points_max
