"""Old name of plainscore.common.files, for branches that are still under way."""

from plainscore.common.files import (
    fsync_path,
    fsync_tree,
    make_durable_directory,
    move_into_place,
)
from plainscore.common.files import translating_machine_errors as failing_machine_told
from plainscore.common.files import translating_write_errors as told_in_a_line

__all__ = [
    "failing_machine_told",
    "fsync_path",
    "fsync_tree",
    "make_durable_directory",
    "move_into_place",
    "told_in_a_line",
]
