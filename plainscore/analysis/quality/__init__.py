"""Evaluate published snapshots by what became of their people."""
