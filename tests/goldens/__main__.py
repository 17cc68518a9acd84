"""Record again what commands print, names and order as they are in the table."""

import os
import tempfile
from pathlib import Path

from tests.goldens.golden import read_goldens, run_golden, write_goldens
from tests.goldens.world import make_places, publish_world
from tests.quick_runs import quick_runs

os.environ["COLUMNS"] = "200"
with tempfile.TemporaryDirectory() as made, quick_runs():
    folder = Path(made)
    publish_world(folder / "published")
    places = make_places(folder / "published", folder)
    goldens = [run_golden(golden, places) for golden in read_goldens()]
write_goldens(goldens)
