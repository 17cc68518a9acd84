/*
number = 20
title  = "What was gained, and what can be gained at most"
note   = "Points of friend reliability, a mean over all attackers; the tick is the bound. It follows from the method, before any attack; a run in which anyone passes it is refused."
empty  = "The audit of gaming found no one to play an attack."
finding = """
select format(
    'The attack that comes closest gains {:.0f} % of what is possible at most: {:.1f} of {:.1f} points a head ({}).',
    100 * max(of_bound), max_by(mean_gained, of_bound), max_by(mean_bound, of_bound), max_by(attack, of_bound)
) from figure having count(of_bound) > 0
"""
chart  = { kind = "bars", label = "attack", values = ["mean_gained"], limit = "mean_bound" }

[columns]
attack               = {}
mean_gained          = { heading = "gained", unit = "points a head", decimals = 2 }
mean_bound           = { heading = "bound", unit = "points a head", decimals = 2 }
friend_points_gained = { heading = "gained by all", unit = "points" }
friend_points_bound  = { heading = "bound of all", unit = "points" }
of_bound             = { heading = "gained of the bound", unit = "%", decimals = 1, times = 100 }
most_distance_share  = { heading = "farthest pull", unit = "% of the record's scale", decimals = 2, times = 100 }
bound_distance_share = { heading = "bound of a pull", unit = "% of the record's scale", decimals = 2, times = 100 }
*/
select
    replace(attack, '_', ' ') || ': ' || friend_count || ', ' || contact_months
    || if(contact_months = 1, ' month', ' months') as attack,
    friend_points_gained / nullif(attacker_count, 0) as mean_gained,
    friend_points_bound / nullif(attacker_count, 0) as mean_bound,
    friend_points_gained,
    friend_points_bound,
    friend_points_gained / nullif(friend_points_bound, 0) as of_bound,
    most_distance_ppm / 1e6 as most_distance_share,
    distance_bound_ppm / 1e6 as bound_distance_share
from gaming
where scorecard_no = 1 and as_of_date = $as_of_date
order by attack_no
