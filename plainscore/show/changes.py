"""Why scores differ between two snapshots, for a person and for everyone, and between two cards."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from plainscore.common.errors import DateNotPublishedError, QuestionError, UnknownPersonError
from plainscore.common.text import printable
from plainscore.show.reader import ResultTable, Row, Snapshots, query, render_page
from plainscore.show.terminal import shown_value

CAUSES = ("rules", "late_data", "time", "new_events")
TITLES = {cause: cause.replace("_", " ") for cause in CAUSES}
ENDS = ("before", "after")
LARGEST = 10
OF_RUN = "as_of_date = ? and known_on = ? and run = ?"
OF_PAIR = "as_of_date_before = ? and known_on_before = ? and as_of_date = ? and known_on = ?"

Parts = Iterator[str | ResultTable]


# --- which two snapshots --------------------------------------------------------------------------


class End(NamedTuple):
    """One of two published runs: the parameters of OF_RUN."""

    as_of_date: date
    known_on: date
    run: str

    def __str__(self) -> str:
        return f"{self.as_of_date} (known on {self.known_on})"


class Pair(NamedTuple):
    """The earlier and the later run."""

    before: End
    after: End

    @property
    def key(self) -> tuple[Any, ...]:
        """The parameters of OF_PAIR on `change` and `change_feature`."""
        return (*self.before[:2], *self.after[:2])


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


def is_computed(snapshots: Snapshots, pair: Pair) -> bool:
    """Return whether the causes of a pair are computed; in an older catalog none are."""
    if not snapshots.rows("select 1 from duckdb_views() where view_name = 'change_pair'"):
        return False
    return bool(snapshots.rows(f"select 1 from change_pair where {OF_PAIR}", pair.key))


def _about(snapshots: Snapshots, pair: Pair) -> Row:
    """Return both runs, their champion scorecards, and notes on the causes; empty: none."""
    card = f"(select split_part(scorecards, ', ', 1) from run where {OF_RUN})"
    sql = f"select [{card}, {card}] as scorecards, notes from change_pair where {OF_PAIR}"
    [found] = snapshots.records(sql, (*pair.before, *pair.after, *pair.key))
    return {"before": pair.before._asdict(), "after": pair.after._asdict(), **found}


# --- one person -----------------------------------------------------------------------------------

_POINTS = ", ".join(
    f"'{cause}': {{'points': {cause}_change, 'friends': {cause}_friends}}" for cause in CAUSES
)
_CHANGE = f"""
select score_before, score_after, score_change, status_before, status_after, status_cause,
    is_carried, {{{_POINTS}}} as causes
from change
where {OF_PAIR} and person_id = ?
"""
_CHANGED_FEATURES = f"""
select feature, factor, value_before, value_after, points_before,
    {{{", ".join(f"'{cause}': {cause}_change" for cause in CAUSES)}}} as causes, points_after
from change_feature
where {OF_PAIR} and person_id = ?
order by feature_no
"""


def require_person(snapshots: Snapshots, person_id: str, pair: Pair) -> None:
    """Raise UnknownPersonError where neither snapshot has a person of that id."""
    sql = f"select 1 from score_all where person_id = ? and {OF_RUN} limit 1"
    if not any(snapshots.rows(sql, (person_id, *end)) for end in pair):
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
    [changed] = snapshots.records(_CHANGE, (*pair.key, person_id))
    if changed["score_change"] is None:
        changed["causes"] = {}
    features = snapshots.records(_CHANGED_FEATURES, (*pair.key, person_id))
    return {
        "person_id": person_id,
        **changed,
        "features": features,
        **_about(snapshots, pair),
    }


def why_parts(why: Row, definitions: Mapping[str, str]) -> Parts:
    """Yield what `why` returns as a table and sentences; ``definitions``: of the features."""
    ends = [why["score_before"], why["score_after"]]
    scores = " to ".join("not scored" if one is None else str(one) for one in ends)
    change = "" if why["score_change"] is None else f" ({_signed(why['score_change'])})"
    dates = f"from {End(**why['before'])} to {End(**why['after'])}"
    yield f"{printable(why['person_id'])}: {scores}{change}   {dates}"
    moved = [one for one in why["features"] if any(one["causes"].values())]
    if change:
        rows = [
            (
                one["feature"],
                _shown_values(one, definitions.get(one["feature"], "")),
                one["points_before"],
                *(_signed(points) if points else "" for points in one["causes"].values()),
                one["points_after"],
            )
            for one in moved
        ]
        friends, points = (
            [_signed(one[name]) for one in why["causes"].values()] for name in ("friends", "points")
        )
        rows += [
            ("  of it friends", "", None, *friends, None),
            ("score", "", ends[0], *points, ends[1]),
        ]
        yield from ("", ResultTable(("", "value", "before", *TITLES.values(), "after"), rows))
    hidden, meanings = len(why["features"]) - len(moved), _meanings(why)
    yield render_page(
        "terminal/why.txt", why=why, titles=TITLES, hidden=hidden, meanings=meanings
    ).rstrip("\n")


def _shown_values(moved: Row, definition: str) -> str:
    return " -> ".join(
        dict.fromkeys(shown_value(moved[f"value_{end}"], definition) for end in ENDS)
    )


def _signed(points: int) -> str:
    return f"{points:+,}" if points else "0"


def _meanings(about: Row) -> dict[str, str]:
    """Return what each cause is between two snapshots."""
    before, after = End(**about["before"]), End(**about["after"])
    old, new = about["scorecards"]
    days = (after.as_of_date - before.as_of_date).days
    rules = f"the scorecard {new} in place of {old}"
    return {
        "rules": rules if old != new else f"other code, or other rules by the name of {new}",
        "late_data": f"what arrived after {before.known_on} about days up to {before.as_of_date}",
        "time": f"what {days} days did by passing, without anything new in them",
        "new_events": f"what happened after {before.as_of_date}",
    }


# --- everyone -------------------------------------------------------------------------------------

_TOTAL = f"""
select
    count(*) as people,
    count(score_change) as scored_in_both,
    count(*) filter (where score_change <> 0) as moved,
    count(*) filter (where status_before <> status_after) as status_changed,
    count(*) filter (where is_carried) as carried,
    coalesce(avg(abs(score_change)), 0) as mean_absolute_points,
    coalesce(100 * (moved + status_changed) / nullif(people, 0), 0) as moved_percent
from change
where {OF_PAIR}
"""
_CELLS = ", ".join(
    f"{{'no': {no}, 'cause': '{title}', 'points': {points}, 'friends': {friends}}}"
    for no, (title, points, friends) in enumerate([
        *((TITLES[cause], f"{cause}_change", f"{cause}_friends") for cause in CAUSES),
        ("together", "score_change", " + ".join(f"{cause}_friends" for cause in CAUSES)),
    ])
)  # fmt: skip
_CAUSES = f"""
select
    cause, count(*) filter (where points <> 0) as "people moved",
    format('{{:+.2f}}', coalesce(sum(points), 0) / count(*)) as mean,
    format('{{:.2f}}', coalesce(sum(abs(points)), 0) / count(*)) as "mean up or down",
    format('{{:+.2f}}', coalesce(sum(friends), 0) / count(*)) as "of it friends"
from (
    select unnest([{_CELLS}], recursive := true)
    from change where {OF_PAIR} and score_change is not null
)
group by no, cause
order by no
"""
_BANDS = f"select person_id, band, band_no from score_all where scorecard_no = 1 and {OF_RUN}"
_BANDED = f"""
with pair as (
    select change.* exclude (
            status_before, status_after, status_cause, is_carried, is_latest, is_month_end
        ),
        before.band as band_before, after.band as band_after,
        before.band_no as band_no_before, after.band_no as band_no_after,
        status_before, status_after, status_cause, is_carried
    from change
    left join ({_BANDS}) as before on change.person_id = before.person_id
    left join ({_BANDS}) as after on change.person_id = after.person_id
    where {OF_PAIR}
)
"""
_BAND_MOVES = f"""
{_BANDED}
select band_before as "from band", band_after as "to band", count(*) as people
from pair
where band_no_before <> band_no_after
group by band_no_before, band_before, band_no_after, band_after
order by band_no_before, band_no_after
"""
_STATUS_CHANGES = f"""
select status_before as "status before", status_after as "status after",
    replace(status_cause, '_', ' ') as by, count(*) as people
from change
where {OF_PAIR} and status_before <> status_after
group by status_before, status_after, status_cause
order by people desc, status_before, status_after, status_cause
"""
_CHANGES = ", ".join(
    f"if({name}_change = 0, '0', format('{{:+d}}', {name}_change)) as \"{title}\""
    for name, title in {"score": "change", **TITLES}.items()
)
_LARGEST = f"""
select person_id as "largest changes", score_before as before, score_after as after, {_CHANGES}
from change
where {OF_PAIR} and score_change <> 0
order by abs(score_change) desc, person_id
limit {LARGEST}
"""


def compare(snapshots: Snapshots, pair: Pair) -> Row:
    """Return how many people a computed pair of snapshots has, and how far their scores moved.

    ``moved``: people with another score. ``status_changed``: people with another status, including
    those who appear or vanish; ``moved_percent``: both. ``mean_absolute_points``: of those who are
    scored in both.
    """
    return snapshots.records(_TOTAL, pair.key)[0]


def everyone(snapshots: Snapshots, pair: Pair) -> ResultTable:
    """Return one row per person: scores, bands, status, causes."""
    key = (*pair.before, *pair.after, *pair.key)
    return query(snapshots.con, f"{_BANDED} from pair order by person_id", key)


def comparison_parts(snapshots: Snapshots, pair: Pair) -> Parts:
    """Yield what changed between two snapshots, as tables and sentences."""
    total, about = compare(snapshots, pair), _about(snapshots, pair)
    meanings = {TITLES[cause]: meaning for cause, meaning in _meanings(about).items()}
    yield f"from {pair.before} to {pair.after}"
    yield (
        "{people:,} people: {moved:,} of the {scored_in_both:,} scored in both have another score "
        "({mean_absolute_points:.2f} points up or down on average)".format(**total)
    )
    causes = snapshots.table(_CAUSES, pair.key)
    rows = [(*row, meanings.get(row[0], "") if row[1] else "") for row in causes.rows]
    yield ""
    yield ResultTable((*causes.columns, "what it is"), rows)
    key = (*pair.before, *pair.after, *pair.key)
    for sql, of_sql in ((_BAND_MOVES, key), (_STATUS_CHANGES, pair.key), (_LARGEST, pair.key)):
        found = snapshots.table(sql, of_sql)
        if found.rows:
            yield from ("", found)
    if total["carried"]:
        yield (
            f"{total['carried']:,} people are not scored somewhere on the way: "
            "that cause's part is counted with the next"
        )
    yield from filter(None, [about["notes"]])


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


def scorecards_parts(found: Row) -> Parts:
    """Yield what `compare_scorecards` returns as tables."""
    dates = f"as of {found['as_of_date']}, known on {found['known_on']}"
    yield f"{found['first']} -> {found['second']}   {dates}"
    people: dict[str, Counter[str]] = {}
    groups: dict[tuple[str, str], Counter[str]] = {}
    bands: dict[int, str] = {}
    for one in found["bands"]:
        way = "up" if one["is_up"] else "down" if one["band_from"] != one["band_to"] else "stay"
        group = groups.setdefault((one["attribute"], one["group_name"]), Counter())
        group[way] += one["people"]
        if one["attribute"] == "everyone":
            bands[one["band_no_to"]] = one["band_to"]
            people.setdefault(one["band_from"], Counter())[one["band_to"]] = one["people"]
    ordered = [bands[number] for number in sorted(bands)]
    matrix = [(band, *(to[one] for one in ordered)) for band, to in people.items()]
    title = "Bands: rows on the first scorecard, columns on the second"
    yield ResultTable(("", *ordered), matrix, title)
    moved = [
        (*group, n.total(), n["up"], n["down"], round(100 * (n["up"] + n["down"]) / n.total(), 1))
        for group, n in groups.items()
    ]
    columns = ("attribute", "group", "people", "up", "down", "moved %")
    yield ResultTable(columns, moved, "Who changes band, by group")
    benefits = [
        (one["benefit"], one["gained_count"], one["lost_count"])
        for one in found["benefits"]
        if one["attribute"] == "everyone"
    ]
    yield ResultTable(("benefit", "gain", "lose"), benefits, "Who gains or loses a benefit")
