"""A card that has little in common with the standard one."""

SMALL = """
name = "small"
version = "0.1"
title = "Two factors, three features, 0 to 100 points"
base = 0
most = 100
[[not_scored]]
code = "A"
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
[factor.bills]
max_points = 70
[factor.shop]
max_points = 30
[feature.active_months]
factor = "shop"
direction = "up"
bins = [[0, 0], [6, 30]]
missing_points = 0
reason = "Few months with a purchase"
what_to_do = "Nothing"
[feature.on_time_share]
factor = "bills"
direction = "up"
bins = [[0, 0], [0.9, 40], [0.99, 60]]
missing_points = 10
reason = "Bills were paid late"
what_to_do = "Pay on time"
[feature.savings_months]
factor = "bills"
direction = "up"
bins = [[0, 0], [6, 10]]
missing_points = 0
reason = "Few deposits"
what_to_do = "Nothing"
"""
