-- What the naive rule gives attackers more than without the attack.
create table planted.naive as
with good_friend as (
    select
        mine.scorecard,
        tie.person_key,
        count(*) as with_attack,
        count(*) filter (where not tie.is_planted) as without_attack
    from planted.tie as tie
    inner join scores.friend_reliability as mine on tie.person_key = mine.person_key
    inner join scores.friend_reliability as friend
        on tie.friend_key = friend.person_key and mine.scorecard = friend.scorecard
    inner join good_friend_bar as bar
        on mine.scorecard = bar.scorecard and friend.own_ppm >= bar.good_ppm
    where tie.contact_months > 0
    group by mine.scorecard, tie.person_key
)

select
    good_friend.scorecard,
    good_friend.person_key,
    naive_points(card.friend_points_max, good_friend.with_attack)
    - naive_points(card.friend_points_max, good_friend.without_attack) as naive_gain
from good_friend
inner join reference.card as card on good_friend.scorecard = card.scorecard
