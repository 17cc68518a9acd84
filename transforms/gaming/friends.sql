-- The own points of the friends of $people, and those of $count new people who have all.
select
    scorecard,
    person_key,
    own_points
from scores.own_points
where
    person_key in (
        select friend_key from staging.tie
        where person_key in (select unnest($people))
    )
union all
select
    card.scorecard,
    $first_key + added.place as person_key,
    card.own_points_max as own_points
from reference.card as card
cross join range($count) as added (place)
