-- The ties between those who are scored on $day, by their places in the order of person_id.
with scored as (
    select
        person_id,
        row_number() over (order by person_id) - 1 as place
    from score
    where as_of_date = $day and score is not null
)

select
    mine.place as person,
    friend.place as friend,
    tie.contact_months
from friend as tie
inner join scored as mine on tie.person_id = mine.person_id
inner join scored as friend on tie.friend_id = friend.person_id
where tie.as_of_date = $day
order by all
