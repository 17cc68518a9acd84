-- The bins of each subject, numbered from 1; bin 0 is where the value is missing.
select
    scorecard,
    scorecard_no,
    subject_no,
    subject,
    if(has_value, row_number() over (
        partition by scorecard_no, subject_no, has_value order by points
    ), 0) as bin_no,
    points,
    before_count,
    after_count
from drift_bins
where points is not null
