-- How much do friends move scores? How many people got how many of the 16 points of their friends.
with circles as (
    select
        score.person_id,
        count(friend.friend_id) as friend_count
    from score
    left join friend on score.person_id = friend.person_id and score.as_of_date = friend.as_of_date
    where score.as_of_date = (select max(as_of_date) from dim_date)
    group by score.person_id
)

select
    points.friend_reliability as points,
    count(*) as people,
    count(*) filter (where circles.friend_count = 0) as without_friends
from points
inner join circles on points.person_id = circles.person_id
where points.as_of_date = (select max(as_of_date) from dim_date)
group by points.friend_reliability
order by points.friend_reliability
