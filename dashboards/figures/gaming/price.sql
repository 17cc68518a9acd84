/*
number = 30
title  = "What a point costs, and what it opens"
note   = "Contacts that the attacker has to send, one for each friend and month. No price where the attack gains nothing."
empty  = "The audit of gaming found no one to play an attack."
finding = """
select format(
    'The cheapest point costs {:.1f} contacts ({}).', min(contacts_per_point), min_by(attack, contacts_per_point)
) from figure having count(contacts_per_point) > 0"""

[columns]
attack             = {}
new_tie_count      = { heading = "new ties", unit = "ties" }
contact_count      = { heading = "contacts", unit = "contacts" }
contacts_per_point = { heading = "price", unit = "contacts a point", decimals = 1 }
gate_crosser_count = { heading = "pass a benefit's gate", unit = "people" }
band_crosser_count = { heading = "pass into a higher band", unit = "people" }
*/
select
    replace(attack, '_', ' ') || ': ' || friend_count || ', ' || contact_months
    || if(contact_months = 1, ' month', ' months') as attack,
    new_tie_count,
    contact_count,
    contacts_per_point,
    gate_crosser_count,
    band_crosser_count
from gaming
where scorecard_no = 1 and as_of_date = $as_of_date
order by attack_no
