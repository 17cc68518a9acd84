"""Who plays against the scorecard: planted attackers measured, and a search for cheap points."""
