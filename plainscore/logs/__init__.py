"""From delivered files to the event store: read, judge, account for every row."""

from plainscore.logs.ingest import (
    IngestedFile,
    IngestReport,
    Progress,
    ingest_new,
    rebuild_store,
)

__all__ = ["IngestReport", "IngestedFile", "Progress", "ingest_new", "rebuild_store"]
