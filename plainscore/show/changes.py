"""Why scores differ between two snapshots, for a person and for everyone, and between two cards."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from plainscore.common.errors import DateNotPublishedError, QuestionError, UnknownPersonError
from plainscore.common.text import printable
from plainscore.show.reader import Row, Snapshots

CAUSES = ("rules", "late_data", "time", "new_events")
TITLES = {cause: cause.replace("_", " ") for cause in CAUSES}
LARGEST = 10


# --- which two snapshots --------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """One of two published runs."""

    as_of_date: date
    known_on: date
    run: str

    @property
    def key(self) -> tuple[Any, ...]:
        """The parameters of RUN_CONDITION."""
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
        """The parameters of PAIR_CONDITION on `change` and `change_feature`."""
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
    """Return the runs to compare: by default those of the two newest dates.

    ``first``, ``last``: words for dates, see `Snapshots.day`. Each date has its newest known_on
    unless one is given; where both are one date, the first has its oldest: the restatement against
    what was published before.

    Raises QuestionError where they cannot be compared, DateNotPublishedError where one is not
    published.
    """
    last_day = snapshots.day(last or "latest")
    first_day = snapshots.day(first) if first else _date_before(snapshots, last_day)
    if first_day > last_day:
        raise QuestionError(f"{first_day} is after {last_day}: exchange --from and --to")
    before = _ends(snapshots, first_day, known_on_first)
    after = _ends(snapshots, last_day, known_on_last)
    pair = Pair(before[0 if first_day == last_day else -1], after[-1])
    if pair.before == pair.after:
        raise QuestionError(
            f"{pair.after} is one snapshot: name another date or known_on to compare it with"
        )
    return pair


def is_computed(snapshots: Snapshots, pair: Pair) -> bool:
    """Return whether the causes of a pair are computed; in an older catalog none are."""
    if not snapshots.rows("select 1 from duckdb_views() where view_name = 'change_pair'"):
        return False
    return bool(snapshots.rows(f"select 1 from change_pair where {PAIR_CONDITION}", pair.key))


def notes_of(snapshots: Snapshots, pair: Pair) -> str:
    """Return notes on the causes of a computed pair; empty: none."""
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


# --- one person -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """Points by one cause; ``friends``: the part of it in the social factor."""

    points: int
    friends: int


@dataclass(frozen=True)
class FeatureChange:
    """One feature that moved; ``causes``: points by cause, together after less before."""

    feature: str
    factor: str
    value_before: float | None
    value_after: float | None
    points_before: int
    causes: dict[str, int]
    points_after: int


@dataclass(frozen=True)
class Why:
    """A change that adds up: ``score_change`` is the sum of the parts, and that of the features.

    Of a person not scored in both, ``score_change`` is None and there are no parts or features;
    ``status_cause`` names the cause where the status differs. ``is_carried``: the person is not
    scored somewhere on the way, and that cause's part is counted with the next.
    """

    person_id: str
    pair: Pair
    scorecards: tuple[str, str]
    score_before: int | None
    score_after: int | None
    score_change: int | None
    status_before: str
    status_after: str
    status_cause: str | None
    is_carried: bool
    causes: dict[str, Part]
    features: tuple[FeatureChange, ...]
    notes: str


def require_person(snapshots: Snapshots, person_id: str, pair: Pair) -> None:
    """Raise UnknownPersonError where neither snapshot has a person of that id."""
    for end in (pair.before, pair.after):
        sql = f"select 1 from score_all where person_id = ? and {RUN_CONDITION} limit 1"
        if snapshots.rows(sql, (person_id, *end.key)):
            return
    raise UnknownPersonError(
        f"neither {pair.before} nor {pair.after} knows a person '{printable(person_id)}': "
        "ids are case-sensitive; the view score lists them"
    )


def why(snapshots: Snapshots, person_id: str, pair: Pair) -> Why:
    """Return why one person's score differs; the changes of the pair are computed.

    Raises UnknownPersonError where neither snapshot has a person of that id.
    """
    require_person(snapshots, person_id, pair)
    of_person = (*pair.key, person_id)
    changed = snapshots.records(f"from change where {PAIR_CONDITION} and person_id = ?", of_person)[
        0
    ]
    rows = snapshots.records(
        f"from change_feature where {PAIR_CONDITION} and person_id = ? order by feature_no",
        of_person,
    )
    names = (
        "score_before", "score_after", "score_change", "status_before", "status_after",
        "status_cause", "is_carried",
    )  # fmt: skip
    return Why(
        person_id=person_id,
        pair=pair,
        scorecards=champions(snapshots, pair),
        **{name: changed[name] for name in names},
        causes=_parts(changed),
        features=tuple(_feature_change(row) for row in rows),
        notes=notes_of(snapshots, pair),
    )


def _parts(changed: Row) -> dict[str, Part]:
    if changed["score_change"] is None:
        return {}
    return {
        cause: Part(changed[f"{cause}_change"], changed[f"{cause}_friends"]) for cause in CAUSES
    }


def _feature_change(row: Row) -> FeatureChange:
    names = ("feature", "factor", "value_before", "value_after", "points_before", "points_after")
    causes = {cause: row[f"{cause}_change"] for cause in CAUSES}
    return FeatureChange(**{name: row[name] for name in names}, causes=causes)


# --- everyone -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CauseSum:
    """One cause over everyone scored in both snapshots; ``friends``: its social part."""

    moved: int
    points: int
    absolute_points: int
    friends: int


@dataclass(frozen=True)
class SnapshotComparison:
    """The change of everyone; sums are over the ``scored_in_both``, in points.

    ``moved``: people with another score. ``status_changed``: people with another status, including
    those who appear or vanish.
    """

    pair: Pair
    scorecards: tuple[str, str]
    people: int
    scored_in_both: int
    moved: int
    status_changed: int
    carried: int
    points: int
    absolute_points: int
    causes: dict[str, CauseSum]
    band_moves: tuple[tuple[str, str, int], ...]
    status_changes: tuple[tuple[str, str, str, int], ...]
    largest: tuple[Row, ...]
    notes: str

    @property
    def mean_absolute_points(self) -> float:
        """How far scores moved on average, up or down; 0 where no one is scored in both."""
        return self.absolute_points / self.scored_in_both if self.scored_in_both else 0.0

    @property
    def moved_percent(self) -> float:
        """Share of people whose score or status differs, in percent."""
        return 100 * (self.moved + self.status_changed) / self.people if self.people else 0.0


def compare(snapshots: Snapshots, pair: Pair) -> SnapshotComparison:
    """Return the change of everyone between two snapshots; the changes are computed."""
    total = snapshots.records(_TOTAL, pair.key)[0]
    return SnapshotComparison(
        pair=pair,
        scorecards=champions(snapshots, pair),
        **{name: int(total[name]) for name in _COUNTS},
        causes={cause: _cause(total, cause) for cause in CAUSES},
        band_moves=tuple(snapshots.rows(_BAND_MOVES, _banded(pair))),
        status_changes=tuple(snapshots.rows(_STATUS_CHANGES, pair.key)),
        largest=tuple(snapshots.records(_LARGEST, pair.key)),
        notes=notes_of(snapshots, pair),
    )


def everyone(snapshots: Snapshots, pair: Pair) -> duckdb.DuckDBPyConnection:
    """Return the open result of one row per person: scores, bands, status, causes."""
    return snapshots.con.execute(_EVERYONE, list(_banded(pair)))


def _cause(total: Row, cause: str) -> CauseSum:
    names = ("moved", "points", "absolute_points", "friends")
    return CauseSum(**{name: int(total[f"{cause}_{name}"]) for name in names})


def _banded(pair: Pair) -> tuple[Any, ...]:
    return (*pair.key, *pair.before.key, *pair.after.key)


_COUNTS = (
    "people", "scored_in_both", "moved", "status_changed", "carried", "points", "absolute_points",
)  # fmt: skip
_CAUSE_SUMS = ",\n".join(
    f"""    count(*) filter (where {cause}_change <> 0) as {cause}_moved,
    coalesce(sum({cause}_change), 0) as {cause}_points,
    coalesce(sum(abs({cause}_change)), 0) as {cause}_absolute_points,
    coalesce(sum({cause}_friends), 0) as {cause}_friends"""
    for cause in CAUSES
)
_TOTAL = f"""
select
    count(*) as people,
    count(score_change) as scored_in_both,
    count(*) filter (where score_change <> 0) as moved,
    count(*) filter (where status_before <> status_after) as status_changed,
    count(*) filter (where is_carried) as carried,
    coalesce(sum(score_change), 0) as points,
    coalesce(sum(abs(score_change)), 0) as absolute_points,
{_CAUSE_SUMS}
from change
where {PAIR_CONDITION}
"""
_WITH_BANDS = f"""
with pair as (select * from change where {PAIR_CONDITION}),
before as (
    select person_id, band, band_no from score_all where scorecard_no = 1 and {RUN_CONDITION}
),
after as (
    select person_id, band, band_no from score_all where scorecard_no = 1 and {RUN_CONDITION}
)
"""
_BANDED = """
from pair
left join before on pair.person_id = before.person_id
left join after on pair.person_id = after.person_id
"""
_BAND_MOVES = f"""
{_WITH_BANDS}
select before.band, after.band, count(*)
{_BANDED}
where before.band_no <> after.band_no
group by before.band_no, before.band, after.band_no, after.band
order by before.band_no, after.band_no
"""
_EVERYONE = f"""
{_WITH_BANDS}
select
    pair.* exclude (status_before, status_after, status_cause, is_carried),
    before.band as band_before,
    after.band as band_after,
    before.band_no as band_no_before,
    after.band_no as band_no_after,
    status_before, status_after, status_cause, is_carried
{_BANDED}
order by pair.person_id
"""
_STATUS_CHANGES = f"""
select status_before, status_after, status_cause, count(*)
from change
where {PAIR_CONDITION} and status_before <> status_after
group by all
order by count(*) desc, status_before, status_after, status_cause
"""
_LARGEST = f"""
select person_id, score_before, score_after, score_change,
    rules_change, late_data_change, time_change, new_events_change
from change
where {PAIR_CONDITION} and score_change <> 0
order by abs(score_change) desc, person_id
limit {LARGEST}
"""


# --- two cards of one snapshot --------------------------------------------------------------------


@dataclass(frozen=True)
class BandMove:
    """How many of a group are in one band on the first card and in another on the second."""

    attribute: str
    group_name: str
    band_from: str
    band_to: str
    band_no_to: int
    is_up: bool
    people: int


@dataclass(frozen=True)
class BenefitMove:
    """How many of a group would gain or lose a benefit with the second card."""

    attribute: str
    group_name: str
    benefit: str
    people: int
    gained_count: int
    lost_count: int


@dataclass(frozen=True)
class ScorecardComparison:
    """What the second card would change for the people that the first scores.

    ``bands`` includes people who stay in their band; the lowest band first.
    """

    as_of_date: date
    known_on: date
    first: str
    second: str
    bands: tuple[BandMove, ...]
    benefits: tuple[BenefitMove, ...]


def compare_scorecards(
    snapshots: Snapshots, day: date, first: str, second: str
) -> ScorecardComparison:
    """Compare two scorecards of a published day, one of them its champion.

    Raises QuestionError where that day has no such scorecards, or neither is its champion.
    """
    cards = snapshots.records("from card where as_of_date = ? order by scorecard_no", (day,))
    names = [card["scorecard"] for card in cards]
    for wanted in (first, second):
        if wanted not in names:
            raise QuestionError(
                f"the snapshot as of {day} has no scorecard '{printable(wanted)}', only "
                f"{printable(', '.join(names))}: `plainscore run --as-of {day}` with a "
                "--scorecard for each publishes it with others"
            )
    if first == second or names[0] not in (first, second):
        raise QuestionError(
            f"name two scorecards, one of them the champion: that is {printable(names[0])} as of "
            f"{day}"
        )
    is_forward = first == names[0]
    asked = (day, second if is_forward else first)
    ends = ("champion", "challenger") if is_forward else ("challenger", "champion")
    return ScorecardComparison(
        as_of_date=day,
        known_on=cards[0]["known_on"],
        first=first,
        second=second,
        bands=tuple(BandMove(*row) for row in snapshots.rows(_bands(*ends), asked)),
        benefits=tuple(BenefitMove(*row) for row in snapshots.rows(_benefits(is_forward), asked)),
    )


def _bands(first: str, second: str) -> str:
    return (
        f"select attribute, group_name, {first}_band, {second}_band, {second}_band_no, "
        f"{second}_band_no > {first}_band_no, people from band_move "
        "where as_of_date = ? and challenger = ? "
        f"order by attribute <> 'everyone', attribute, group_name, {first}_band_no, "
        f"{second}_band_no"
    )


def _benefits(is_forward: bool) -> str:
    counts = "gained_count, lost_count" if is_forward else "lost_count, gained_count"
    return (
        f"select attribute, group_name, benefit, people, {counts} from benefit_move "
        "where as_of_date = ? and challenger = ? "
        "order by attribute <> 'everyone', attribute, group_name, benefit"
    )
