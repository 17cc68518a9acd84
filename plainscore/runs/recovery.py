"""Recover after a writer that died or failed: show what it published, remove the rest."""

import shutil
from pathlib import Path

from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.retention import remove_unfinished_reports
from plainscore.publish.runs import CATALOG
from plainscore.publish.sets import SNAPSHOTS, STAGING
from plainscore.runs.ledger import reconcile_ledger
from plainscore.settings import TEMP_FOLDER


def recover(data_dir: Path) -> None:
    """Remove what the last writer left unfinished, and complete what it had published.

    The caller holds the writer lock, so that no one else uses these files. Raises InputRefused if
    a published run cannot be read.
    """
    home = data_dir.resolve()
    for folder in (home / SNAPSHOTS / STAGING, home / TEMP_FOLDER):
        if folder.exists():
            shutil.rmtree(folder)
    for unfinished in home.glob(f"{CATALOG}.*"):
        unfinished.unlink()
    remove_unfinished_reports(home)
    recover_published(data_dir)


def recover_published(data_dir: Path) -> None:
    """Show every published run in the catalog, and record it in the ledger."""
    refresh_catalog(data_dir)
    reconcile_ledger(data_dir)
