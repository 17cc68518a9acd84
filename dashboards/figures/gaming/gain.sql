/*
number = 10
title  = "What attacks on the friends factor pay"
note   = "Everyone who may play an attack tries it alone, all else as it is. Naive: what the same attack pays where good friends are counted, as some operators are said to do."
empty  = "The audit of gaming found no one to play an attack."
finding = """
select format(
    'No attack pays more than {:.1f} points a head on average ({}); where good friends are counted, up to {:.1f}.',
    max(mean_points_gained), max_by(attack, mean_points_gained), max(mean_naive_gained)
) from figure"""
chart  = { kind = "dots", label = "attack", values = ["mean_points_gained", "mean_naive_gained"] }

[columns]
attack                    = {}
attacker_count            = { heading = "attackers", unit = "people" }
mean_points_gained        = { heading = "mean gain", unit = "points", decimals = 2 }
most_social_points_gained = { heading = "most gained", unit = "points" }
mean_naive_gained         = { heading = "mean gain, friends counted", unit = "points", decimals = 2 }
most_naive_points_gained  = { heading = "most gained, friends counted", unit = "points" }
loser_count               = { heading = "attackers who lose", unit = "people" }
*/
select
    replace(attack, '_', ' ') || ': ' || friend_count || ', ' || contact_months
    || if(contact_months = 1, ' month', ' months') as attack,
    attacker_count,
    mean_points_gained,
    most_social_points_gained,
    naive_points_gained / nullif(attacker_count, 0) as mean_naive_gained,
    most_naive_points_gained,
    loser_count
from gaming
where scorecard_no = 1 and as_of_date = $as_of_date
order by attack_no
