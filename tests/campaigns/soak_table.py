"""What a soak noted, as a table: some days, the steps, and what grew."""

from collections.abc import Sequence
from statistics import linear_regression, median
from typing import Any

Figures = dict[str, Any]
COLUMNS = (
    "day", "people", "seconds", "wall", "fixed", "rss_mb", "peak_mb", "descriptors", "event_files",
    "run_files", "stray_files", "catalog_mb", "opening",
)  # fmt: skip
# What these cost follows the rows of the world; all else should cost the same every day.
OF_DATA = ("build_stage", "check_stage", "stage_files")
AROUND = 5


def print_summary(days: Sequence[Figures], every: int) -> None:
    """Print every so many days, the steps around day 10 and the last day, and the slopes."""
    if not days:
        print("nothing was noted yet")
        return
    for day in days:
        day["fixed"] = sum(s for name, s in day["steps"].items() if not name.startswith(OF_DATA))
    print(" ".join(f"{name:>11}" for name in COLUMNS))
    for day in days:
        if day["day"] in (1, 10, len(days)) or day["day"] % every == 0:
            print(" ".join(_cell(day[name]) for name in COLUMNS))
    early, late = days[10 - AROUND : 10 + AROUND], days[-2 * AROUND :]
    print(f"\nmedian seconds of a step around day 10, and of the last {2 * AROUND} days")
    for step in sorted({name for day in days for name in day["steps"]}):
        both = [[d["steps"][step] for d in some if step in d["steps"]] for some in (early, late)]
        shown = [f"{median(some):8.3f}" if some else "       -" for some in both]
        print(f"{step:>32} {' '.join(shown)}")
    print("\ngrowth in 100 days, by least squares")
    for name in ("fixed", "rss_mb", "descriptors", "opening", "stray_files"):
        print(f"{name:>32} {_slope(days, name):+10.4f}")


def _slope(days: Sequence[Figures], name: str) -> float:
    """Return the growth in 100 days; memory within the last process only, without its start."""
    if name in ("rss_mb", "descriptors"):
        days = [day for day in days if day["pid"] == days[-1]["pid"]][10:]
    if len(days) < 2:
        return 0.0
    slope = linear_regression([day["day"] for day in days], [day[name] for day in days]).slope
    return 100 * float(slope)


def _cell(value: float | int) -> str:
    return f"{value:>11,}" if isinstance(value, int) else f"{value:>11.3f}"
