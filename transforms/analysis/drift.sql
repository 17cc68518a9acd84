-- The people of each bin, by subject.
select
    scorecard,
    scorecard_no,
    subject_no,
    subject_kind,
    subject,
    list(before_count order by has_value, points) filter (where points is not null) as befores,
    list(after_count order by has_value, points) filter (where points is not null) as afters
from drift_bins
group by all
