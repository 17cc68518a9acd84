"""Whether it may pass: checks derived from the contracts, laws across tables, the judge."""
