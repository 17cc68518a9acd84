"""Record again what commands print, names and order as they are in the table."""

import os
import tempfile
from pathlib import Path

from plainscore.cli.app import run_command_line
from tests.goldens.golden import read_goldens, run_golden, write_goldens
from tests.goldens.world import make_places, publish_world
from tests.quick_runs import quick_runs

os.environ["COLUMNS"] = "200"
with tempfile.TemporaryDirectory() as made, quick_runs():
    folder = Path(made)
    publish_world(folder / "published", run_command_line)
    places = make_places(folder / "published", folder, run_command_line)
    goldens = [run_golden(golden, run_command_line, places) for golden in read_goldens()]
write_goldens(goldens)
