/*
number = 40
title  = "Bins that outcomes contradict"
note   = "A bin with more points than another of its feature, whose people became bad significantly more often."
empty  = "None, or not computed yet: `plainscore evaluate` computes it for dates whose outcomes are known."
finding = """
select format(
    'Outcomes contradict {}; farthest one of {}: {:.1f} % of it became bad, {:.1f} % of a bin with fewer points.',
    if(count(*) = 1, '1 bin', count(*) || ' bins'), max_by(feature, bad_share - other_share), 100 * max_by(bad_share, bad_share - other_share), 100 * max_by(other_share, bad_share - other_share)
) from figure"""

[columns]
feature      = {}
points       = { unit = "points" }
people       = { unit = "people" }
bad_share    = { heading = "bad", unit = "% of the bin", decimals = 1, times = 100 }
other_points = { heading = "points of the other bin", unit = "points" }
other_people = { heading = "people of the other bin", unit = "people" }
other_share  = { heading = "bad in the other bin", unit = "% of the bin", decimals = 1, times = 100 }
*/
select
    replace(risk.feature, '_', ' ') as feature,
    risk.points,
    risk.people,
    risk.bad_share,
    other.points as other_points,
    other.people as other_people,
    other.bad_share as other_share
from feature_risk as risk
inner join feature_risk as other
    on
        risk.as_of_date = other.as_of_date
        and risk.known_on = other.known_on
        and risk.run = other.run
        and risk.scorecard_no = other.scorecard_no
        and risk.feature = other.feature
        and risk.contradicted_by = other.bin_no
where
    risk.scorecard_no = 1
    and risk.is_out_of_order
    and risk.as_of_date = (
        select max(known.as_of_date)
        from feature_risk as known
        where known.as_of_date <= $as_of_date
    )
order by risk.feature_no, risk.bin_no
