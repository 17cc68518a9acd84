-- Everyone scored on $day, by place in the order of person_id: who is held out of every fit
-- (three of ten people, by a hash of the person_id), and what became of them, null where that is not
-- known.
select
    score.as_of_date as fit_date,
    cast(row_number() over (order by score.person_id) - 1 as integer) as place,
    cast('0x' || left(sha256('held out of a fit' || chr(10) || score.person_id), 16) as ubigint)
    % 10 < 3 as is_held_out,
    score.person_id,
    outcome.is_bad
from score
left join outcome
    on score.person_id = outcome.person_id and outcome.as_of_date = $day
where score.as_of_date = $day and score.score is not null
