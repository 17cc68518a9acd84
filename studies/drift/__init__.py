"""Statistics of two snapshots side by side: how far they drifted, how much people moved."""
