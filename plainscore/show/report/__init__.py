"""The report: one HTML page for each snapshot, which needs no network and no other file."""
