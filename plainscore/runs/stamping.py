"""Stamp a data directory with the format in which this version writes it."""

from importlib.metadata import version
from pathlib import Path

from plainscore.common.durable import fsync_path, move_into_place
from plainscore.publish.manifest import canonical_json
from plainscore.show.data_format import FORMAT, STAMP, read_stamp


def stamp_format(data_dir: Path) -> None:
    """Write the stamp where there is none or an older one. The caller holds the writer lock.

    A directory of an older format is read as it is, so there is nothing to convert; a format for
    which that cannot be said brings its conversion to this place.
    """
    stamp = read_stamp(data_dir)
    if stamp is not None and stamp.format >= FORMAT:
        return
    fresh = data_dir / f"{STAMP}.new"
    fresh.write_bytes(canonical_json({"format": FORMAT, "written_by": version("plainscore")}))
    fsync_path(fresh)
    move_into_place(fresh, data_dir / STAMP)
