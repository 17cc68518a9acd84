-- Mean of the bad people that are expected in each band, in parts per million, of those counted.
select
    counted.scorecard_no,
    counted.bin_no as band_no,
    sum((counted.good + counted.bad) * expected.expected_ppm)
    / sum(counted.good + counted.bad) as expected_ppm
from counted
inner join run_expected_bad as expected
    on counted.scorecard_no = expected.scorecard_no and counted.points = expected.score
where counted.subject_kind = 'score'
group by all
