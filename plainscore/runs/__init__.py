"""Runs of snapshots: their stages, dates, ledger and settings."""
