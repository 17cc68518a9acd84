"""Scorecards: every number of the method, as TOML that is compiled to SQL."""
