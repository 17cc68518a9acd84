"""From delivered files to the event store."""
