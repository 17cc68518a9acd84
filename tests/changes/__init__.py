"""Why scores changed: what is published of two snapshots is what the method says."""
