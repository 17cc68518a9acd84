"""The same people under other rules, for many months; nothing is published."""
