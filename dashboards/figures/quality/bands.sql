/*
number = 30
title  = "How many became bad, by band"
note   = "The newest snapshot whose outcomes are known, with 95 % intervals. A band with more bad people than the one below it is out of order."
empty  = "Not computed: `plainscore evaluate` computes it for dates whose outcomes are known."
finding = """
select format(
    '{:.1f} % of {} became bad, and {:.1f} % of {}{}.',
    100 * max(bad_share), max_by(band, bad_share), 100 * min(bad_share), min_by(band, bad_share),
    if(bool_or(is_out_of_order), '; a band is out of order', '; no band is out of order')
) from figure having count(bad_share) > 0"""
chart  = { kind = "dots", label = "band", values = ["bad_share"], low = "bad_share_low", high = "bad_share_high" }

[columns]
band            = {}
people          = { unit = "people" }
bad             = { unit = "people" }
bad_share       = { heading = "bad", unit = "% of the band", decimals = 1, times = 100 }
bad_share_low   = { heading = "bad from", unit = "% of the band", decimals = 1, times = 100 }
bad_share_high  = { heading = "bad to", unit = "% of the band", decimals = 1, times = 100 }
is_out_of_order = { heading = "out of order" }
*/
select
    band,
    people,
    bad,
    bad_share,
    bad_share_low,
    bad_share_high,
    is_out_of_order
from calibration
where scorecard_no = 1 and as_of_date <= $as_of_date
qualify as_of_date = max(as_of_date) over ()
order by band_no
