-- People and bad people in the bands of each score, and in the bins of each feature that has any.
-- A higher band counts as more points.
with of_bin as (
    select
        scorecard,
        scorecard_no,
        subject_kind,
        number_in_kind,
        subject,
        bin_no,
        if(subject_kind = 'score', bin_no, points) as points,
        sum(good + bad) as people,
        sum(bad) as bad
    from counted
    where subject_kind = 'score' or edges is not null
    group by all
)

select
    subject_kind,
    scorecard,
    scorecard_no,
    number_in_kind,
    subject,
    list((bin_no, points, people, bad) order by bin_no) filter (where bin_no is not null) as bins
from of_bin
group by all
