"""The event store: one DuckLake written by one process, plain parquet files for its readers."""
