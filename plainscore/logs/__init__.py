"""From delivered files to the event store: read, judge, account for every row."""

import os

# An ingest allocates and frees the same few hundred megabytes again and again. Giving them back to
# the system each time was half of all system time; the allocator of polars reads this when loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:20000,muzzy_decay_ms:20000")

from plainscore.logs.ingest import IngestedFile, IngestReport, Progress, ingest_new

__all__ = ["IngestReport", "IngestedFile", "Progress", "ingest_new"]
