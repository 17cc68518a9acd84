"""The reading side: what people and programs see of published snapshots."""
