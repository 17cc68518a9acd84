/*
number = 20
title  = "What was gained, beside what can be gained at most"
note   = "Points of friend reliability, sums over all attackers. The bound follows from the method, before any attack; a run in which anyone passes it is refused."
empty  = "The audit of gaming found no one to play an attack."
chart  = { kind = "bars", label = "attack", values = ["friend_points_gained"], limit = "friend_points_bound" }

[columns]
attack               = {}
friend_points_gained = { heading = "gained", unit = "points" }
friend_points_bound  = { heading = "bound", unit = "points" }
of_bound             = { heading = "gained of the bound", unit = "%", decimals = 1, times = 100 }
most_distance_share  = { heading = "farthest pull", unit = "% of the record's scale", decimals = 2, times = 100 }
bound_distance_share = { heading = "bound of a pull", unit = "% of the record's scale", decimals = 2, times = 100 }
*/
select
    replace(attack, '_', ' ') || ': ' || friend_count || ', ' || contact_months || ' months'
        as attack,
    friend_points_gained,
    friend_points_bound,
    friend_points_gained / nullif(friend_points_bound, 0) as of_bound,
    most_distance_ppm / 1e6 as most_distance_share,
    distance_bound_ppm / 1e6 as bound_distance_share
from gaming
where scorecard_no = 1 and as_of_date = $as_of_date
order by attack_no
