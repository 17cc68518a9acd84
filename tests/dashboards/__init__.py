"""The reading side: what people and programs are told about published snapshots."""
