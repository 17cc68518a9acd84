"""Erased people are gone from everything, and everything else is as it would be without them."""
