"""How Prefect runs the flows, when, and whom it tells."""
