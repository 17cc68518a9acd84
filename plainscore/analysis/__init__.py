"""What is computed about published snapshots: changes, drift, quality, gaps, gaming, cards."""
