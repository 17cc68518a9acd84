"""Does the audit of gaps find the proxy that a world has planted, and nothing where there is none?

`python -m tests.campaigns.proxy --worlds 20 --people 1500` invents worlds with the switch off and
on (`plainscore synthesise --proxy`), scores each from its logs, and reads the published table
`gap`. An attribute is found where any of its groups is_significant. Prints a line for each world,
and the sums.
"""

import argparse
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb

from plainscore.common.lock import writer_lock
from plainscore.runs.request import read_request
from plainscore.runs.run import score_day
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings
from tests.quick_runs import quick_runs

FIRST, LAST = date(2025, 10, 1), date(2026, 10, 31)
FOUND = """
    select attribute, max(abs(gap_points)), min(adjusted_p_value)
    from gap
    where points_counted = 'all'
    group by attribute
    having bool_or(is_significant)
    order by attribute
"""
BELOW = """
    select count(*) from benefit_access
    where attribute = 'region' and is_below_four_fifths and is_significant and not is_small
"""


def main() -> None:
    wanted = _arguments()
    for is_on in (False, True):
        sums: Counter[str] = Counter()
        for seed in range(wanted.first_seed, wanted.first_seed + wanted.worlds):
            found, below = _audited(wanted.people, seed, is_on=is_on)
            sums.update(found.keys())
            output = ", ".join(
                f"{name} ({gap:.0f} points, p {p:.1g})" for name, (gap, p) in found.items()
            )
            line = f"{_switch(is_on)}, seed {seed}: {output or 'nothing found'}; below 4/5: {below}"
            print(line, flush=True)
        print(f"{_switch(is_on)}: found in {wanted.worlds} worlds: {dict(sums) or 'nothing'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20, help="of each kind")
    parser.add_argument("--people", type=int, default=1_500)
    parser.add_argument("--first-seed", type=int, default=1)
    return parser.parse_args()


def _audited(people: int, seed: int, *, is_on: bool) -> tuple[dict[str, tuple[float, float]], int]:
    """Return attribute -> (largest gap, least p) where found, and how much is below four fifths.

    The latter counts regions and benefits, below by more than chance would.
    """
    with tempfile.TemporaryDirectory(prefix="plainscore-") as home:
        data_dir = Path(home)
        settings = WorldSettings(
            people=people, first=FIRST, last=LAST, seed=seed, landing=data_dir / "landing",
            arrivals="monthly", is_region_causal=is_on,
        )  # fmt: skip
        synthesise(settings)
        with quick_runs(), writer_lock(data_dir, "proxy"):
            score_day(read_request(LAST, data=data_dir))
        with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
            found = {name: (gap, p) for name, gap, p in con.execute(FOUND).fetchall()}
            return found, con.execute(BELOW).fetchall()[0][0]


def _switch(is_on: bool) -> str:
    return "proxy on" if is_on else "proxy off"


if __name__ == "__main__":
    main()
