-- Good and bad people by the points of each subject.
with of_points as (
    select
        scorecard,
        scorecard_no,
        subject_no,
        subject_kind,
        subject,
        points,
        sum(good) as good,
        sum(bad) as bad
    from counted
    group by all
)

select
    scorecard,
    scorecard_no,
    subject_no,
    subject_kind,
    subject,
    list((points, good, bad)) filter (where points is not null) as counts
from of_points
group by all
