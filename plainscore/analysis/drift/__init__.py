"""Drift: what two published snapshots have in common, and what has moved."""
