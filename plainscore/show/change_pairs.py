"""Which two published snapshots are compared."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from plainscore.show.errors import DateNotPublishedError, QuestionError
from plainscore.show.snapshots import Snapshots


@dataclass(frozen=True)
class End:
    """One of two published runs."""

    as_of_date: date
    known_on: date
    run: str

    @property
    def key(self) -> tuple[Any, ...]:
        """What singles the run out, see RUN_CONDITION."""
        return (self.as_of_date, self.known_on, self.run)

    def __str__(self) -> str:
        return f"{self.as_of_date} (known on {self.known_on})"


@dataclass(frozen=True)
class Pair:
    """The earlier and the later run."""

    before: End
    after: End

    @property
    def key(self) -> tuple[Any, ...]:
        """What singles the pair out in `change` and `change_feature`: see PAIR_CONDITION."""
        ends = (self.before, self.after)
        return tuple(day for end in ends for day in (end.as_of_date, end.known_on))


RUN_CONDITION = "as_of_date = ? and known_on = ? and run = ?"
PAIR_CONDITION = "as_of_date_before = ? and known_on_before = ? and as_of_date = ? and known_on = ?"


def choose_pair(
    snapshots: Snapshots,
    first: str | None,
    last: str | None,
    known_on_first: date | None = None,
    known_on_last: date | None = None,
) -> Pair:
    """Return the runs that are meant: by default those of the two newest dates.

    ``first``, ``last``: words for dates, see `Snapshots.day`. Of each date the newest known_on
    counts, unless said otherwise; but where both are one date, the oldest counts as the first:
    the restatement against what was published before.

    Raises QuestionError where they cannot be compared, DateNotPublishedError where one of them
    is not published.
    """
    last_day = snapshots.day(last or "latest")
    first_day = snapshots.day(first) if first else _date_before(snapshots, last_day)
    if first_day > last_day:
        raise QuestionError(f"{first_day} lies after {last_day}: exchange --from and --to")
    before = _ends(snapshots, first_day, known_on_first)
    after = _ends(snapshots, last_day, known_on_last)
    pair = Pair(before[0 if first_day == last_day else -1], after[-1])
    if pair.before == pair.after:
        raise QuestionError(
            f"{pair.after} is one snapshot: name another date or known_on to compare it with"
        )
    return pair


def is_computed(snapshots: Snapshots, pair: Pair) -> bool:
    """Tell whether the causes of a pair can be read; in the catalog of an older version, none."""
    if not snapshots.rows("select 1 from duckdb_views() where view_name = 'change_pair'"):
        return False
    return bool(snapshots.rows(f"select 1 from change_pair where {PAIR_CONDITION}", pair.key))


def notes_of(snapshots: Snapshots, pair: Pair) -> str:
    """Return what to know when reading the causes of a computed pair; empty: nothing."""
    found = snapshots.rows(f"select notes from change_pair where {PAIR_CONDITION}", pair.key)
    return str(found[0][0])


def champions(snapshots: Snapshots, pair: Pair) -> tuple[str, str]:
    """Return name and version of the champion scorecard of both runs."""
    sql = f"select scorecards from run where {RUN_CONDITION}"
    before, after = (snapshots.rows(sql, end.key)[0][0] for end in (pair.before, pair.after))
    return before.partition(", ")[0], after.partition(", ")[0]


def _date_before(snapshots: Snapshots, day: date) -> date:
    earlier = [published for published in snapshots.dates() if published < day]
    if not earlier:
        raise DateNotPublishedError(
            f"nothing is published before {day}: `plainscore run --as-of DATE` publishes another "
            f"date; a restatement is compared with --from {day} --to {day}"
        )
    return earlier[-1]


def _ends(snapshots: Snapshots, day: date, known_on: date | None) -> list[End]:
    """Return the live runs of a date, by known_on; only that of ``known_on`` where it is given."""
    rows = snapshots.rows(
        "select as_of_date, known_on, run from run where is_live and as_of_date = ? "
        "order by known_on",
        (day,),
    )
    ends = [End(*row) for row in rows if known_on in (None, row[1])]
    if not ends:
        known = ", ".join(str(row[1]) for row in rows)
        raise DateNotPublishedError(
            f"{day} is not published as known on {known_on}; it is: {known}"
        )
    return ends
