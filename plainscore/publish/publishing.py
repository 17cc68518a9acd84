"""Publish a staged snapshot: all of it, or none of it."""

from collections.abc import Sequence
from pathlib import Path

from plainscore.common.files import fsync_tree, move_into_place, translating_write_errors
from plainscore.common.signals import stop_if_interrupted
from plainscore.publish.catalog import rebuild_catalog, refuse_misleading_folder
from plainscore.publish.check_results import CHECK_RESULT, CheckRow, write_check_results
from plainscore.publish.manifest import Provenance, write_manifest
from plainscore.publish.runs import Run, next_run
from plainscore.publish.staging import StagedSnapshot, table_file


def publish(
    data_dir: Path,
    staged: StagedSnapshot,
    provenance: Provenance,
    checks: Sequence[CheckRow],
) -> Run:
    """Publish a staged snapshot as the next run of its dates, and show it in the catalog.

    The caller holds the writer lock, and has judged the checks. Killed before the rename, nothing
    is published and the next run clears the staging; killed after it, the run is published and
    the next `rebuild_catalog` shows it. Readers see the old catalog or the new one.

    Returns
    -------
    Run
        Where it stands.

    Raises
    ------
    InputRefused
        Another run's manifest cannot be read.
    UsageError
        The data directory's name would mislead readers.
    PlainscoreError
        Something cannot be written.
    Interrupted
        Ctrl-C or SIGTERM came before the rename.
    """
    refuse_misleading_folder(data_dir)
    with translating_write_errors(data_dir):
        run = next_run(data_dir, staged.dates)
        check_file = table_file(staged.folder, CHECK_RESULT.short_name)
        write_check_results(checks, staged.dates, check_file)
        write_manifest(staged, run, provenance, checks)
        fsync_tree(staged.folder)
        stop_if_interrupted()
        move_into_place(staged.folder, run.folder)
        rebuild_catalog(data_dir)
    return run
