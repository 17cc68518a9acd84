"""The attacks that the gaming audit tries on every snapshot (docs/audits/gaming.md).

fake_friends     accounts without a record of their own become friends
bought_friends   people with a full record, the best there can be, sell their friendship
ring             low scorers all befriend each other
sold_friendship  the other end of a bought tie: a good record befriends low scorers
"""

MONTHS_OF_A_YEAR = 12
CROWDS = (1, 5, 20, 60)
RING_MONTHS = (1, 3, 6, 12)
FRIENDS_IN_A_RING = 9
SOLD = (1, 20)


def injected_attacks() -> list[tuple[int, str, int, int]]:
    """Return (attack_no, attack, friend_count, contact_months) of each attack and size."""
    bought = [
        (attack, friends, MONTHS_OF_A_YEAR)
        for attack in ("fake_friends", "bought_friends")
        for friends in CROWDS
    ]
    ring = [("ring", FRIENDS_IN_A_RING, months) for months in RING_MONTHS]
    sold = [("sold_friendship", friends, MONTHS_OF_A_YEAR) for friends in SOLD]
    return [(no, *size) for no, size in enumerate([*bought, *ring, *sold], start=1)]
