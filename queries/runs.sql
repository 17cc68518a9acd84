-- What was published when, of how many people, and did every check pass?
select
    as_of_date,
    known_on,
    run,
    is_shown,
    people,
    scored,
    checks_warned
from run
order by as_of_date, known_on, run
