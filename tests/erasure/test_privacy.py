"""What is published holds no value of an identity field, and reading needs no more than reading."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import search
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.runs import published_runs
from tests.erasure.published_world import ANN, BOB, CYD
from tests.ingest.delivery import Delivery

# The first call loads what another user perhaps could not: a Python in somebody's home.
AS_NOBODY = """
import os, sys
from plainscore.cli.app import run_command_line
run_command_line(sys.argv[1:])
if os.getuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
sys.exit(run_command_line(sys.argv[1:]))
"""
IDENTITY_VALUES = [f"hash of {who}" for who in (ANN, BOB, CYD)] + ["hash of Bob's car"]


def test_no_published_file_and_no_quarantined_row_holds_an_identity_value(
    published_once: Path,
) -> None:
    delivery = Delivery(published_once)
    stored = delivery.table("profile")["value_hash"].to_list()
    assert set(IDENTITY_VALUES[:3]) <= set(stored)
    for run in published_runs(published_once):
        assert search(run.folder, ErasedIds(IDENTITY_VALUES)).found == []
        for file in run.folder.rglob("*.parquet"):
            assert "value_hash" not in pl.read_parquet_schema(file)
    refused = delivery.quarantine().filter(log="profile")
    assert len(refused) == 1
    assert not any(value in refused["raw"][0] for value in IDENTITY_VALUES)


@pytest.fixture
def readable_world(published_once: Path) -> Iterator[Path]:
    """The world where another user can come to: nothing but catalog and snapshots, all read-only.

    The folders that a reader does not need cannot even be entered.
    """
    home = Path(tempfile.mkdtemp())
    data = home / "data"
    shutil.copytree(published_once, data)
    rebuild_catalog(data)
    home.chmod(0o755)
    for path in (data, *data.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    for needless in ("landing", "events"):
        (data / needless).chmod(0o000)
    yield data
    for path in (data, *(data / name for name in ("landing", "events"))):
        path.chmod(0o755)
    for path in data.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(home)


@pytest.mark.parametrize(
    "words",
    [
        ["explain", BOB, "--as-of", "2026-02-28"],
        ["query", "select count(*) from score_all"],
    ],
    ids=lambda words: words[0],
)
def test_a_reader_needs_no_more_than_to_read(readable_world: Path, words: list[str]) -> None:
    before = set(readable_world.rglob("*"))
    command = [sys.executable, "-c", AS_NOBODY, *words, "--data", str(readable_world)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
    assert set(readable_world.rglob("*")) == before


def test_what_is_published_can_be_read_by_all_and_written_by_its_owner(world: Delivery) -> None:
    umask = os.umask(0)
    os.umask(umask)
    paths = [world.data / "plainscore.duckdb", *(world.data / "snapshots").rglob("*")]
    for path in paths:
        wanted = 0o777 if path.is_dir() else 0o666
        assert stat.S_IMODE(path.stat().st_mode) == wanted & ~umask, path
