-- Good and bad people at each score; temp.outcome has what became of them.
with counted as (
    select
        score.scorecard,
        score.score,
        count(*) filter (where not outcome.is_bad) as good,
        count(*) filter (where outcome.is_bad) as bad
    from scores.score as score
    inner join events.person as person on score.person_key = person.person_key
    inner join temp.outcome as outcome on person.person_id = outcome.person_id
    where score.score is not null
    group by all
)

select
    scorecard,
    list((score, good, bad)) as counts
from counted
group by scorecard
