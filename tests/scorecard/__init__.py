"""Scorecards: what the packaged ones say, what the loader refuses, what the compiled SQL gives."""
