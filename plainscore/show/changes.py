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
RUN_CONDITION = "as_of_date = ? and known_on = ? and run = ?"
PAIR_CONDITION = "as_of_date_before = ? and known_on_before = ? and as_of_date = ? and known_on = ?"


# --- which two snapshots --------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """One of two published runs."""

    as_of_date: date
    known_on: date
    run: str

    @property
    def key(self) -> tuple[date, date, str]:
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
        return (*self.before.key[:2], *self.after.key[:2])


def choose_pair(
    snapshots: Snapshots,
    first: str | None,
    last: str | None,
    known_on_first: date | None = None,
    known_on_last: date | None = None,
) -> Pair:
    """Return the runs to compare: by default those of the two newest dates.

    Words for dates are those of `Snapshots.day`. Each date has its newest known_on unless one is
    given; where both are one date, the first has its oldest. Raises QuestionError where they cannot
    be compared, DateNotPublishedError where one is not published.
    """
    last_day = snapshots.day(last or "latest")
    first_day = snapshots.day(first) if first else snapshots.previous(last_day)
    if first_day is None:
        raise DateNotPublishedError(
            f"nothing is published before {last_day}: `plainscore run --as-of DATE` publishes "
            f"another date; a restatement is compared with --from {last_day} --to {last_day}"
        )
    if first_day > last_day:
        raise QuestionError(f"{first_day} is after {last_day}: exchange --from and --to")
    before = _ends(snapshots, first_day, known_on_first)[0 if first_day == last_day else -1]
    after = _ends(snapshots, last_day, known_on_last)[-1]
    if before == after:
        raise QuestionError(
            f"{after} is one snapshot: name another date or known_on to compare it with"
        )
    return Pair(before, after)


def is_computed(snapshots: Snapshots, pair: Pair) -> bool:
    """Return whether the causes of a pair are computed; in an older catalog none are."""
    if not snapshots.rows("select 1 from duckdb_views() where view_name = 'change_pair'"):
        return False
    return bool(snapshots.rows(f"select 1 from change_pair where {PAIR_CONDITION}", pair.key))


def _about(snapshots: Snapshots, pair: Pair) -> Row:
    """Return the champion scorecards of both runs, and notes on the causes; empty: none."""
    card = f"(select split_part(scorecards, ', ', 1) from run where {RUN_CONDITION})"
    sql = f"select [{card}, {card}] as scorecards, notes from change_pair where {PAIR_CONDITION}"
    [found] = snapshots.records(sql, (*pair.before.key, *pair.after.key, *pair.key))
    return found


def _ends(snapshots: Snapshots, day: date, known_on: date | None) -> list[End]:
    """Return the live runs of a date, by known_on; only that of ``known_on`` where it is given."""
    live = "from run where is_live and as_of_date = ? order by known_on"
    rows = snapshots.rows(f"select as_of_date, known_on, run {live}", (day,))
    ends = [End(*row) for row in rows if known_on in (None, row[1])]
    if not ends:
        known = ", ".join(str(row[1]) for row in rows)
        raise DateNotPublishedError(
            f"{day} is not published as known on {known_on}; it is: {known}"
        )
    return ends


def _by_cause(**columns: str) -> str:
    """Return SQL of a struct by cause of a struct of columns, in whose SQL ``{}`` is the cause."""

    def of(cause: str) -> str:
        return ", ".join(f"'{name}': {sql.format(cause)}" for name, sql in columns.items())

    return "{" + ", ".join(f"'{cause}': {{{of(cause)}}}" for cause in CAUSES) + "}"


# --- one person -----------------------------------------------------------------------------------


def require_person(snapshots: Snapshots, person_id: str, pair: Pair) -> None:
    """Raise UnknownPersonError where neither snapshot has a person of that id."""
    sql = f"select 1 from score_all where person_id = ? and {RUN_CONDITION} limit 1"
    if not any(snapshots.rows(sql, (person_id, *end.key)) for end in (pair.before, pair.after)):
        raise UnknownPersonError(
            f"neither {pair.before} nor {pair.after} knows a person '{printable(person_id)}': "
            "ids are case-sensitive; the view score lists them"
        )


def why(snapshots: Snapshots, person_id: str, pair: Pair) -> Row:
    """Return why one person's score differs, for JSON; the changes of the pair are computed.

    ``score_change`` is the sum of ``points`` over ``causes``, whose ``friends`` are the part of the
    social factor, and over ``features``; None, and both empty, of a person not scored in both.
    ``is_carried``: not scored somewhere on the way, and that cause's part is counted with the next.
    Raises UnknownPersonError where neither snapshot has a person of that id.
    """
    require_person(snapshots, person_id, pair)
    of_person = (*pair.key, person_id)
    [changed] = snapshots.records(_CHANGE, of_person)
    if changed["score_change"] is None:
        changed["causes"] = {}
    return {
        "person_id": person_id,
        "before": pair.before,
        "after": pair.after,
        **changed,
        "features": snapshots.records(_CHANGED_FEATURES, of_person),
        **_about(snapshots, pair),
    }


_CHANGE = f"""
select score_before, score_after, score_change, status_before, status_after, status_cause,
    is_carried, {_by_cause(points="{}_change", friends="{}_friends")} as causes
from change
where {PAIR_CONDITION} and person_id = ?
"""
_CHANGED_FEATURES = f"""
select feature, factor, value_before, value_after, points_before,
    {{{", ".join(f"'{cause}': {cause}_change" for cause in CAUSES)}}} as causes, points_after
from change_feature
where {PAIR_CONDITION} and person_id = ?
order by feature_no
"""


# --- everyone -------------------------------------------------------------------------------------


def compare(snapshots: Snapshots, pair: Pair) -> Row:
    """Return the change of everyone between two snapshots; the changes are computed.

    ``moved``: people with another score. ``status_changed``: people with another status, including
    those who appear or vanish; ``moved_percent``: both. Points are sums over the
    ``scored_in_both``, in ``causes`` too; ``mean_absolute_points`` is how far these scores moved.
    """
    [total] = snapshots.records(_TOTAL, pair.key)
    return {
        "before": pair.before,
        "after": pair.after,
        **_about(snapshots, pair),
        **total,
        "band_moves": snapshots.rows(_BAND_MOVES, _banded(pair)),
        "status_changes": snapshots.rows(_STATUS_CHANGES, pair.key),
        "largest": snapshots.rows(_LARGEST, pair.key),
    }


def everyone(snapshots: Snapshots, pair: Pair) -> duckdb.DuckDBPyConnection:
    """Return the open result of one row per person: scores, bands, status, causes."""
    return snapshots.con.execute(_EVERYONE, list(_banded(pair)))


def _banded(pair: Pair) -> tuple[Any, ...]:
    return (*pair.key, *pair.before.key, *pair.after.key)


_CAUSE_SUMS = _by_cause(
    moved="count(*) filter (where {}_change <> 0)",
    points="coalesce(sum({}_change), 0)",
    absolute_points="coalesce(sum(abs({}_change)), 0)",
    friends="coalesce(sum({}_friends), 0)",
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
    coalesce(absolute_points / nullif(scored_in_both, 0), 0) as mean_absolute_points,
    coalesce(100 * (moved + status_changed) / nullif(people, 0), 0) as moved_percent,
    {_CAUSE_SUMS} as causes
from change
where {PAIR_CONDITION}
"""
_BANDS = (
    f"select person_id, band, band_no from score_all where scorecard_no = 1 and {RUN_CONDITION}"
)
_WITH_BANDS = f"""
with pair as (select * from change where {PAIR_CONDITION}),
before as ({_BANDS}),
after as ({_BANDS})
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
    before.band as band_before, after.band as band_after,
    before.band_no as band_no_before, after.band_no as band_no_after,
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
    {", ".join(f"{cause}_change" for cause in CAUSES)}
from change
where {PAIR_CONDITION} and score_change <> 0
order by abs(score_change) desc, person_id
limit {LARGEST}
"""


# --- two cards of one snapshot --------------------------------------------------------------------


def compare_scorecards(snapshots: Snapshots, day: date, first: str, second: str) -> dict[str, Any]:
    """Return what the second card would change for the people that the first scores, for JSON.

    ``bands``: people of a group by their band on each card, the lowest first. ``benefits``: how
    many of a group would gain or lose one. Raises QuestionError where that day has no such
    scorecards, or neither is its champion.
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
    start, end, challenger = "champion", "challenger", second
    gained, lost = "gained_count", "lost_count"
    if second == names[0]:
        start, end, challenger, gained, lost = end, start, first, lost, gained
    asked = "where as_of_date = ? and challenger = ? order by attribute <> 'everyone', attribute"
    bands = (
        f"select attribute, group_name, {start}_band as band_from, {end}_band as band_to, "
        f"{end}_band_no as band_no_to, {end}_band_no > {start}_band_no as is_up, people "
        f"from band_move {asked}, group_name, {start}_band_no, {end}_band_no"
    )
    benefits = (
        f"select attribute, group_name, benefit, people, {gained} as gained_count, "
        f"{lost} as lost_count from benefit_move {asked}, group_name, benefit"
    )
    return {
        "as_of_date": day,
        "known_on": cards[0]["known_on"],
        "first": first,
        "second": second,
        "bands": snapshots.records(bands, (day, challenger)),
        "benefits": snapshots.records(benefits, (day, challenger)),
    }
