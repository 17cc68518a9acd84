"""When it happens: ingest, the daily flow, publishing, and the command line."""
