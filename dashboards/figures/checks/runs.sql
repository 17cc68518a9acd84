/*
number = 5
title  = "Every published snapshot, and what it was made with"
note   = "One row for each date, as it is known now. Content: a hash of the published rows; the same rows have the same."
empty  = "Nothing is published."
finding = """
select format(
    'The snapshot of {} passed {:,} checks; {:,} warned.',
    max(as_of_date), max_by(checks_passed, as_of_date), max_by(checks_warned, as_of_date)
) from figure
"""

[columns]
as_of_date    = { heading = "as of" }
known_on      = {}
people        = { unit = "people" }
scored        = { unit = "people" }
checks_passed = { unit = "checks" }
checks_warned = { unit = "checks" }
scorecards    = {}
code_version  = { heading = "plainscore" }
content_hash  = { heading = "content" }
*/
select
    as_of_date,
    known_on,
    people,
    scored,
    checks_passed,
    checks_warned,
    scorecards,
    code_version,
    content_hash
from run
where is_shown and as_of_date <= $as_of_date
order by as_of_date
