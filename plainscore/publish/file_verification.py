"""Hash the files of a published folder again, and say what is not as its manifest says."""

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.files import file_sha256
from plainscore.publish.content_hash import content_hash
from plainscore.publish.runs import CONTRACTS, MANIFEST
from plainscore.publish.staging import table_file


def problems_of_table(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    folder_name: str,
    table_name: str,
    entry: Mapping[str, Any],
    columns: Sequence[Mapping[str, str]],
    known_hash: str | None = None,
) -> Iterator[str]:
    """Yield what is wrong with the file of one table; ``entry``: what the manifest says of it.

    ``known_hash``: the content hash of its rows, where that was computed already.
    """
    file = table_file(folder, table_name)
    where = f"{folder_name}/{table_name}/{table_name}.parquet"
    if not file.is_file():
        yield f"{where} is missing"
        return
    if file_sha256(file) != entry["file_sha256"]:
        yield f"{where}: its bytes are not those that were published"
    try:
        named = [(column["name"], column["type"]) for column in columns]
        found = known_hash or content_hash(con, file, named)
    except duckdb.Error as error:
        yield f"{where} cannot be read: {str(error).splitlines()[0]}"
        return
    if found != entry["content_hash"]:
        yield f"{where}: its rows are not those that were published"


def strange_files(folder: Path, folder_name: str, table_names: Set[str]) -> Iterator[str]:
    """Yield every file that is neither of a table nor a manifest or contract."""
    expected = {table_file(folder, name) for name in table_names}
    expected |= {folder / MANIFEST, folder / CONTRACTS}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file not in expected:
            yield f"{folder_name}: {file.name} does not belong there"
