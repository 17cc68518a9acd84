"""Drift between snapshots."""
