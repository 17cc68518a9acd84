/*
number = 5
title  = "What points cost on this card"
note   = "The most that an adversary gained who plays acts for the points alone, as measured once for this version of the card on the people named, not on those of the snapshot. There may be cheaper ways."
empty  = "The snapshot says no prices."
finding = """
select format(
    'The most that was bought: {} points within {} days, by {} who moved less than {:,.0f} in money.',
    max(points_bought), max_by(within_days, points_bought), max_by(player, points_bought), max_by(money_below, points_bought)
) from figure having count(points_bought) > 0
"""

[columns]
player        = { heading = "who buys" }
within_days   = { heading = "within", unit = "days" }
money_below   = { heading = "money moved below", unit = "currency units", decimals = 2 }
points_bought = { heading = "most points gained", unit = "points" }
score_bought  = { heading = "score then", unit = "points" }
band_bought   = { heading = "band then" }
deed_count    = { heading = "deeds", unit = "events" }
money_moved   = { heading = "money moved", unit = "currency units", decimals = 2 }
acts          = { heading = "by" }
measured_on   = { heading = "measured on" }
*/
select
    coalesce(player, 'not measured for this version of the card') as player,
    within_days,
    below_cents / 100 as money_below,
    points_bought,
    score_bought,
    band_bought,
    deed_count,
    moved_cents / 100 as money_moved,
    acts,
    measured_on
from price
where scorecard_no = 1 and as_of_date = $as_of_date
order by price_no
