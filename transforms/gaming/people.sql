-- Those who are played by default: the scored, ordered by score, at $places per cent of them.
with placed as (
    select
        score.person_key,
        count(*) over () as people,
        row_number() over (order by score.score, person.person_id) - 1 as place
    from scores.score as score
    inner join reference.card as card on score.scorecard = card.scorecard
    inner join events.person as person on score.person_key = person.person_key
    where card.scorecard_no = 1 and score.score is not null
)

select person_key
from placed
where list_contains(list_transform($places, lambda per_cent: people * per_cent // 100), place)
order by place
