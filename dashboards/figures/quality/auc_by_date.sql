/*
number = 20
title  = "The same at every date"
note   = "Dates whose outcomes are known and computed."
empty  = "Not computed: `plainscore evaluate` computes it for dates whose outcomes are known."
chart  = { kind = "lines", label = "as_of_date", values = ["auc"], series = "subject" }

[columns]
as_of_date = { heading = "as of" }
subject    = {}
auc        = { heading = "AUC", unit = "0.5 to 1", decimals = 3 }
*/
select
    as_of_date,
    replace(subject, '_', ' ') as subject,
    auc
from quality
where scorecard_no = 1 and subject_kind in ('score', 'factor') and as_of_date <= $as_of_date
order by as_of_date, subject_no
