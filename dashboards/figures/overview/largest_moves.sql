/*
number = 35
title  = "Who moved most"
note   = "The ten largest changes since the snapshot before; `plainscore why` explains each in full."
empty  = "There is no snapshot of an earlier date to compare with."
finding = """
select format(
    '{} moved most: from {} points to {}.',
    max_by(person_id, abs(score_change)), max_by(score_before, abs(score_change)), max_by(score_after, abs(score_change))
) from figure"""

[columns]
person_id    = { heading = "person" }
score_before = { unit = "points" }
score_after  = { heading = "score now", unit = "points" }
score_change = { heading = "change", unit = "points" }
band_before  = {}
band_after   = { heading = "band now" }
*/
select
    person_id,
    score_before,
    score_after,
    score_change,
    band_before,
    band_after
from compare($before_date, $as_of_date)
where score_change is not null
order by abs(score_change) desc, person_id asc
limit 10
