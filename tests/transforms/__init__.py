"""Worked examples: every transform, on tables small enough to check by hand."""
