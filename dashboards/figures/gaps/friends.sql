/*
number = 50
title  = "Do friends have alike scores"
note   = "Correlation of the scores at both ends of a tie. Rewired: the same with ties dealt out again at random. A score that counts friends can feed itself where this is high."
empty  = "There are no ties between scored people."
finding = """
select format(
    'Scores of friends correlate at {:.3f}; among ties dealt out at random at {:.3f}.',
    max(assortativity) filter (where points_counted = 'all factors'), max(rewired_mean) filter (where points_counted = 'all factors')
) from figure having count(assortativity) filter (where points_counted = 'all factors') > 0"""

[columns]
points_counted     = { heading = "points" }
compared_tie_count = { heading = "ties", unit = "ties" }
assortativity      = { unit = "-1 to 1", decimals = 3 }
rewired_mean       = { heading = "rewired", unit = "-1 to 1", decimals = 3 }
deviations_off     = { heading = "distance", unit = "standard deviations", decimals = 1 }
*/
select
    case points_counted when 'all' then 'all factors' else 'without friends' end as points_counted,
    compared_tie_count,
    assortativity,
    rewired_mean,
    deviations_off
from assortativity
where scorecard_no = 1 and as_of_date = $as_of_date
order by 1
