/*
number = 10
title  = "How well the score predicts who becomes bad"
note   = "The newest snapshot whose outcomes are known. AUC: the chance that of a bad and a good person the good one stands higher; 0.5 is a coin. Bad: {bad}. A context is the score by the data of some contexts alone, as a wall would have it."
empty  = "Not computed: `plainscore evaluate` computes it for dates whose outcomes are known."
finding = """
select format(
    'Of a good and a bad person the score puts the good one higher {:.0f} times of 100 (AUC {:.3f}, {:.3f} to {:.3f}).',
    100 * auc, auc, auc_low, auc_high
) from figure where subject = 'score' and auc is not null"""
chart  = { kind = "dots", label = "subject", values = ["auc"], low = "auc_low", high = "auc_high" }

[columns]
as_of_date = { heading = "as of" }
subject    = {}
people     = { unit = "people" }
bad        = { unit = "people" }
auc        = { heading = "AUC", unit = "0.5 to 1", decimals = 3 }
auc_low    = { heading = "AUC from", unit = "0.5 to 1", decimals = 3 }
auc_high   = { heading = "AUC to", unit = "0.5 to 1", decimals = 3 }
ks         = { heading = "KS", unit = "0 to 1", decimals = 3 }
*/
select
    as_of_date,
    if(subject_kind = 'context', 'context: ', '') || replace(subject, '_', ' ') as subject,
    people,
    bad,
    auc,
    auc_low,
    auc_high,
    ks
from quality
where scorecard_no = 1 and subject_kind <> 'feature' and as_of_date <= $as_of_date
qualify as_of_date = max(as_of_date) over ()
order by subject_no
