-- What the naive rule would give attackers more than without the attack: a friend whose record is
-- among the best fifth is good, and 20 of them give all points (as in audits.gaming).
create table planted.naive as
with

placed as (
    select
        *,
        row_number() over (partition by scorecard order by own_ppm, person_key) as place,
        count(*) over (partition by scorecard) as scored_people
    from scores.friend_reliability
),

bar as (
    select
        scorecard,
        min(own_ppm) as good_ppm
    from placed
    where place * 5 > scored_people * 4
    group by scorecard
),

good_friend as (
    select
        mine.scorecard,
        tie.person_key,
        count(*) as with_attack,
        count(*) filter (where not tie.is_planted) as without_attack
    from planted.tie as tie
    inner join scores.friend_reliability as mine on tie.person_key = mine.person_key
    inner join scores.friend_reliability as friend
        on tie.friend_key = friend.person_key and mine.scorecard = friend.scorecard
    inner join bar on mine.scorecard = bar.scorecard and friend.own_ppm >= bar.good_ppm
    where tie.contact_months > 0
    group by mine.scorecard, tie.person_key
)

select
    good_friend.scorecard,
    good_friend.person_key,
    (2 * card.friend_points_max * least(good_friend.with_attack, 20) + 20) // 40
    - (2 * card.friend_points_max * least(good_friend.without_attack, 20) + 20) // 40
        as naive_gain
from good_friend
inner join reference.card as card on good_friend.scorecard = card.scorecard
