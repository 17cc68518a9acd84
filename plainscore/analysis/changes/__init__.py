"""Compute why scores changed between two published snapshots."""
