"""Checks between the stages of a run: constraints of contracts, and assertions across tables."""
