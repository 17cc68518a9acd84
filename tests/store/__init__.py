"""The event store below the ingest."""
