"""Where the files of the standard method are: SQL, scorecards, assertions, questions, pictures.

In the checkout ``plainscore/standard/`` holds links to the top-level folders; a wheel holds copies.
"""

from pathlib import Path

STANDARD = Path(__file__).parents[1] / "standard"


def standard_folder(name: str) -> Path:
    """Return a folder of the standard method, such as ``transforms`` or ``dashboards/report``."""
    return (STANDARD / name).resolve()
