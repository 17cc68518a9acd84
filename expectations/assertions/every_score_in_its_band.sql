/*
title = "Every score lies in the band that it is given"
level = "fail"
stage = "scores"
*/
select
    score.scorecard,
    score.person_key,
    score.score,
    score.band,
    score.band_no,
    band.at_least,
    band.at_most
from scores.score as score
left join reference.band as band
    on score.scorecard = band.scorecard and score.band_no = band.band_no
where
    score.score is not null
    and (
        band.band is distinct from score.band
        or score.score < band.at_least
        or score.score > band.at_most
    )
