"""Recover after a writer that died or failed: show what it published, remove the rest."""

import shutil
from pathlib import Path

from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.reports import remove_unfinished_reports
from plainscore.publish.runs import CATALOG, SNAPSHOTS, STAGING
from plainscore.runs.ledger.settling import settle_published
from plainscore.runs.spill import SPILL


def recover(data_dir: Path) -> None:
    """Remove what the last writer left unfinished, and complete what it had published.

    The caller holds the writer lock, so that nothing here is anybody else's. Raises InputRefused
    where a published run cannot be read.
    """
    home = data_dir.resolve()
    for folder in (home / SNAPSHOTS / STAGING, home / SPILL):
        if folder.exists():
            shutil.rmtree(folder)
    for unfinished in home.glob(f"{CATALOG}.*"):
        unfinished.unlink()
    remove_unfinished_reports(home)
    complete_what_is_published(data_dir)


def complete_what_is_published(data_dir: Path) -> None:
    """Show every published run in the catalog, and note it in the ledger."""
    refresh_catalog(data_dir)
    settle_published(data_dir)
