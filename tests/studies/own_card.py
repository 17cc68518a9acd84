"""A card that has little in common with the standard one."""

OWN_CARD = """
name = "own"
version = "3"
title = "Other factors, base and range, nothing of friends, no benefits"
base = 0
[[not_scored]]
code = "N1"
measure = "paid_bill_count"
at_least = 1
reason = "No bill was paid"
what_to_do = "Pay a bill"
[[band]]
name = "low"
at_least = 0
[[band]]
name = "high"
at_least = 40
[factor.money]
max_points = 60
[factor.habits]
max_points = 20
[feature.utilisation]
factor = "money"
direction = "down"
bins = [[0, 60], [0.3, 30], [0.9, 0]]
missing_points = 10
reason = "Much of the limit is used"
what_to_do = "Pay down"
[feature.active_months]
factor = "habits"
direction = "up"
bins = [[0, 0], [4, 20]]
missing_points = 0
reason = "Few active months"
what_to_do = "Time"
"""
