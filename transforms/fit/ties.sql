-- The ties between those who are scored on $day, by their places in the order of person_id.
select
    mine.place as person,
    other.place as friend,
    cast(tie.contact_months as integer) as contact_months
from friend as tie
inner join fit_person as mine on tie.person_id = mine.person_id and mine.fit_date = $day
inner join fit_person as other on tie.friend_id = other.person_id and other.fit_date = $day
where tie.as_of_date = $day and tie.contact_months > 0
