/*
title = "What attacks on the social points would gain"
grain = "one row per scorecard and attack, where there is anyone to try it on"
key   = ["scorecard_no", "attack_no"]

[columns]
as_of_date            = {}
known_on              = {}
scorecard             = {}
scorecard_no          = {}
attack_no             = {}
attack                = {}
friend_count          = {}
contact_months        = { type = "BIGINT", unit = "30-day months", min = 1, max = 12, doc = "Months of two-way contact with each new friend; the ties are as old." }
attacker_count        = {}
new_tie_count         = {}
contact_count         = {}
social_points_gained  = {}
most_social_points_gained = {}
loser_count           = {}
friend_points_gained  = {}
most_friend_points_gained = {}
friend_points_bound   = {}
most_distance_ppm     = {}
distance_bound_ppm    = {}
gate_crosser_count    = {}
band_crosser_count    = {}
naive_points_gained   = {}
most_naive_points_gained = {}
mean_points_gained    = { type = "DOUBLE", unit = "points", doc = "social_points_gained for each attacker." }
contacts_per_point    = { type = "DOUBLE", unit = "contacts", null = true, min = 0, doc = "contact_count for each point gained: the price; empty where nothing is gained." }

[[checks]]
name  = "observed / proven bound <= 1, and what has no record adds nothing to the mean"
level = "fail"
sql   = """
select * from {batch}
where
    most_distance_ppm > distance_bound_ppm
    or friend_points_gained > friend_points_bound
    or (attack = 'fake_friends' and friend_points_gained <> 0)
"""
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    tried.scorecard,
    card.scorecard_no,
    tried.attack_no,
    attack.attack,
    attack.friend_count,
    attack.contact_months,
    tried.attacker_count,
    tried.new_tie_count,
    tried.contact_count,
    tried.social_points_gained,
    tried.most_social_points_gained,
    tried.loser_count,
    tried.friend_points_gained,
    tried.most_friend_points_gained,
    tried.friend_points_bound,
    tried.most_distance_ppm,
    tried.distance_bound_ppm,
    tried.gate_crosser_count,
    tried.band_crosser_count,
    tried.naive_points_gained,
    tried.most_naive_points_gained,
    cast(tried.social_points_gained as double) / tried.attacker_count as mean_points_gained,
    case
        when tried.social_points_gained > 0
            then cast(tried.contact_count as double) / tried.social_points_gained
    end as contacts_per_point
from audits.gaming as tried
inner join reference.card as card on tried.scorecard = card.scorecard
inner join reference.attack as attack on tried.attack_no = attack.attack_no
