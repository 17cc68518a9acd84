/*
number = 70
title  = "Who moved most"
note   = "The ten largest changes since the snapshot before; `plainscore why` explains each in full."
empty  = "There is no snapshot of an earlier date to compare with."

[columns]
person_id    = { heading = "person" }
score_before = { unit = "points" }
score_after  = { heading = "score now", unit = "points" }
score_change = { heading = "change", unit = "points" }
band_before  = {}
band_after   = { heading = "band now" }
*/
select
    later.person_id,
    earlier.score as score_before,
    later.score as score_after,
    later.score - earlier.score as score_change,
    earlier.band as band_before,
    later.band as band_after
from score as earlier
inner join score as later on earlier.person_id = later.person_id
where
    earlier.as_of_date = $before_date
    and later.as_of_date = $as_of_date
    and earlier.score is not null
    and later.score is not null
order by abs(later.score - earlier.score) desc, later.person_id asc
limit 10
