"""Other societies: the same people under other rules, month by month, in figures from counts."""
