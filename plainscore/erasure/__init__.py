"""Erase people: from landing, event store and snapshots, and prove that they are gone."""
