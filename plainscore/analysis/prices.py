"""The price list: what points cost an adversary, in days, deeds and money.

A search over the actions of transforms/gaming/actions.toml, played on copies of real lives and on a
fresh identity (`plainscore.analysis.gaming`). What it finds is there to be bought; there may be
cheaper.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from operator import itemgetter
from typing import Any, NamedTuple

from plainscore.analysis.gaming import (
    NEW_PERSON,
    Action,
    LifeCopy,
    Points,
    Replay,
    read_actions,
)
from plainscore.common.errors import UsageError
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.card import Scorecard
from plainscore.show.reader import ResultTable

PLACES = (5, 25, 50, 75, 95)
"""The people played by default: per cent of the scored who have a lower score."""
HORIZONS = (8, 89, 179, 181, 365)
"""The days at hand by default: just below and above what the cards ask for."""
FRESH = "fresh identity"
BUDGETS = (99_99, 999_99, None)
"""Cents within which the most points are looked for; None: any money."""
GAINS = (20, 50, 100)
"""Points that are looked for at least money and at fewest deeds."""
LIST_COLUMNS = (
    "scorecard", "person_id", "days", "goal", "score_before", "score_after", "points_gained",
    "band", "deeds", "cents", "acts", "features",
)  # fmt: skip


class Deal:
    """A set of actions, what it takes, and the points that the life then has; None: not scored.

    ``total``: the points in sum, below any where not scored.
    """

    def __init__(self, actions: Iterable[Action], points: Points | None) -> None:
        self.actions, self.points = tuple(actions), points
        self.cents = sum(action.cents for action in self.actions)
        self.deeds = sum(action.deeds for action in self.actions)
        self.total = -1 if points is None else sum(points.values())
        self.names = tuple(sorted(action.name for action in self.actions))
        self.is_own = {action.is_own for action in self.actions if not action.is_always}


class Goal(NamedTuple):
    """What is looked for: most points within a budget, or points at least money or deeds.

    ``is_own``: by what the person owes, and by nothing else; otherwise by everything but that.
    """

    name: str
    budget: int | None = None
    total: int | None = None
    least: str = ""
    is_own: bool = False

    def rank(self, deal: Deal) -> tuple[Any, ...] | None:
        """Return what orders deals, the best first; None: the deal does not do it."""
        if deal.points is None or (self.budget is not None and deal.cents > self.budget):
            return None
        if not deal.is_own <= {self.is_own}:
            return None
        if self.total is None:
            return (-deal.total, deal.cents, deal.deeds, deal.names)
        if deal.total < self.total:
            return None
        taken = (deal.cents, deal.deeds)
        return (*(taken if self.least == "cents" else taken[::-1]), -deal.total, deal.names)

    def best(self, deals: Iterable[Deal]) -> Deal | None:
        ranked = [(rank, deal) for deal in deals if (rank := self.rank(deal)) is not None]
        return min(ranked, key=itemgetter(0))[1] if ranked else None


@dataclass
class _Path:
    """A greedy way up: always the action of most points, or of most points for what it takes.

    ``per``: "cents", "deeds", or "" of the points alone. Actions that gained nothing are left out,
    and all are tried again where none gains.
    """

    per: str
    budget: int | None
    deal: Deal
    is_own: bool = False
    left_out: set[str] = field(default_factory=set)
    is_last_try: bool = False
    is_done: bool = False

    def step(self, deals: Sequence[tuple[Action, Deal]]) -> None:
        best, best_rank = None, None
        for action, deal in deals:
            gained = deal.total - self.deal.total
            if gained <= 0:
                self.left_out.add(action.name)
                continue
            spent = getattr(deal, self.per) - getattr(self.deal, self.per) if self.per else 1
            rank = (Fraction(gained, max(spent, 1)), gained, -deal.cents, -deal.deeds, deal.names)
            if best_rank is None or rank > best_rank:
                best, best_rank = deal, rank
        if best is not None:
            self.deal, self.is_last_try = best, False
        elif self.is_last_try:
            self.is_done = True
        else:
            self.left_out, self.is_last_try = set(), True


@dataclass
class Play:
    """One life within so many days against one card, and every deal tried so far."""

    card: Scorecard
    person_key: int
    days: int
    actions: list[Action]
    start: Deal
    tried: dict[frozenset[int], Deal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = [("", budget) for budget in BUDGETS] + [("cents", None), ("deeds", None)]
        self.paths = [_Path(per, budget, self.start) for per, budget in rules]
        self.paths.append(_Path("", None, self.start, is_own=True))

    @property
    def goals(self) -> list[Goal]:
        """What is looked for: of a life that is not scored as it is, the bands."""
        within = [
            Goal("most" if one is None else f"most below {(one + 1) / 100:,.2f}", one)
            for one in BUDGETS
        ]
        if self.start.points is None:
            targets = [(one.name, one.at_least - self.card.base) for one in self.card.bands[1:]]
        else:
            targets = [(f"+{gain}", self.start.total + gain) for gain in GAINS]
        least = [("cents", "least money"), ("deeds", "fewest deeds")]
        return [*within, Goal("own bills paid", is_own=True)] + [
            Goal(f"{name}, {words}", None, total, key)
            for name, total in targets
            for key, words in least
        ]

    def best(self, goal: Goal) -> Deal | None:
        return goal.best(self.tried.values())

    def _with(self, deal: Deal, action: Action) -> tuple[Action, ...]:
        return (*(one for one in deal.actions if one.family != action.family), action)

    def steps(self, path: _Path) -> Iterator[tuple[Action, tuple[Action, ...]]]:
        """Yield the actions that a path may take next, with all actions of the life then."""
        had = {action.name for action in path.deal.actions}
        for action in self.actions:
            is_open = action.is_own is path.is_own and not action.is_always
            if is_open and action.name not in had and action.name not in path.left_out:
                actions = self._with(path.deal, action)
                cents = sum(one.cents for one in actions)
                if path.budget is None or cents <= path.budget:
                    yield action, actions

    def smaller(self, deal: Deal) -> Iterator[tuple[Action, ...]]:
        """Yield the deal without each of its actions, and with a smaller one of its family."""
        for action in deal.actions:
            if action.is_always:
                continue
            yield tuple(one for one in deal.actions if one is not action)
            for other in self.actions:
                is_less = other.cents < action.cents or other.deeds < action.deeds
                if other.family == action.family and is_less:
                    yield self._with(deal, other)


def _key(actions: Iterable[Action]) -> frozenset[int]:
    return frozenset(map(id, actions))


def search(replay: Replay, plays: Sequence[Play], *, is_single: bool = False) -> None:
    """Try deals for every play, all plays together: the paths, then what is best made smaller.

    ``is_single``: only every action alone.
    """

    def replayed(asked: Iterable[tuple[Play, tuple[Action, ...]]]) -> None:
        new = {(id(play), _key(actions)): (play, actions) for play, actions in asked}
        new = {key: one for key, one in new.items() if key[1] not in one[0].tried}
        made = replay.points([LifeCopy(play.person_key, acts) for play, acts in new.values()])
        for (_, key), (play, actions), points in zip(new, new.values(), made, strict=True):
            play.tried[key] = Deal(actions, points.get(play.card.name))

    for play in plays:
        play.tried[_key(play.start.actions)] = play.start
    if is_single:
        replayed(
            (play, (*play.start.actions, action))
            for play in plays
            for action in play.actions
            if not action.is_always
        )
        return
    while going := [(p, path) for p in plays for path in p.paths if not path.is_done]:
        steps = [(play, path, list(play.steps(path))) for play, path in going]
        replayed((play, actions) for play, _, taken in steps for _, actions in taken)
        for play, path, taken in steps:
            path.step([(action, play.tried[_key(actions)]) for action, actions in taken])
    made_smaller: set[tuple[int, frozenset[int]]] = set()
    while True:
        best = [(play, play.best(goal)) for play in plays for goal in play.goals]
        deals = {(id(play), _key(d.actions)): (play, d) for play, d in best if d is not None}
        new = {key: one for key, one in deals.items() if key not in made_smaller}
        if not new:
            return
        made_smaller.update(new)
        replayed((play, acts) for play, deal in new.values() for acts in play.smaller(deal))


def choose_people(engine: DuckDBEngine) -> list[int]:
    """Return a person_key for each of PLACES, by the champion's score and then by person_id."""
    sql = engine.catalog.method.text("transforms/gaming/people.sql")
    found = engine.con.execute(sql, {"places": list(PLACES)}).fetchall()
    return [person_key for (person_key,) in found]


def play_all(
    engine: DuckDBEngine,
    cards: Sequence[Scorecard],
    people: Sequence[int],
    horizons: Sequence[int],
    *,
    is_single: bool = False,
) -> list[Play]:
    """Search for each card, person and number of days at hand; NEW_PERSON: a fresh identity."""
    lives = [
        (person, days, read_actions(engine, person, days)) for person in people for days in horizons
    ]
    always = [tuple(one for one in actions if one.is_always) for _, _, actions in lives]
    with Replay(engine, cards, people) as replay:
        starts = replay.points(
            [LifeCopy(life[0], had) for life, had in zip(lives, always, strict=True)]
        )
        plays = [
            Play(card, person, days, actions, Deal(had, points.get(card.name)))
            for card in cards
            for (person, days, actions), had, points in zip(lives, always, starts, strict=True)
        ]
        search(replay, plays, is_single=is_single)
    return plays


def price_list(
    engine: DuckDBEngine,
    cards: Sequence[Scorecard],
    people: Sequence[str] = (),
    horizons: Sequence[int] = HORIZONS,
    *,
    is_single: bool = False,
) -> list[dict[str, Any]]:
    """Return a row by LIST_COLUMNS for each card, person, number of days and goal that is met.

    ``people``: person_ids, or FRESH; none: those at PLACES, and a fresh identity. ``is_single``: a
    row for every action alone instead, where the person is scored with it. Raises UsageError where
    someone in ``people`` is not scored.
    """
    scored = dict(
        engine.con.execute(
            "select person_id, person_key from events.person "
            "inner join features.scoring_status using (person_key) where is_scored"
        ).fetchall()
    ) | {FRESH: NEW_PERSON}
    if unknown := [one for one in people if one not in scored]:
        raise UsageError(f"{unknown[0]} is not scored {engine.dates}: play someone who is")
    keys = [scored[one] for one in people] or [*choose_people(engine), NEW_PERSON]
    ids = {key: person_id for person_id, key in scored.items()}
    plays = play_all(engine, cards, keys, sorted(horizons), is_single=is_single)
    if is_single:
        return [
            _row(play, ids[play.person_key], "alone", deal)
            for play in plays
            for deal in play.tried.values()
            if deal is not play.start and deal.points is not None
        ]
    return [
        _row(play, ids[play.person_key], goal.name, deal)
        for play in plays
        for goal in play.goals
        if (deal := goal.best(_within(play, plays))) is not None
    ]


def _within(play: Play, plays: Sequence[Play]) -> Iterator[Deal]:
    """Yield what can be had within the days of a play: what takes fewer days can, too."""
    for other in plays:
        is_same = other.card is play.card and other.person_key == play.person_key
        if is_same and other.days <= play.days:
            yield from other.tried.values()


def _row(play: Play, person_id: str, goal: str, deal: Deal) -> dict[str, Any]:
    before, base = play.start.points, play.card.base
    after: Mapping[str, int] = deal.points or {}
    score = base + deal.total
    moved = {name: now - (before or {}).get(name, 0) for name, now in after.items()}
    cells = (
        *(play.card.name, person_id, play.days, goal),
        *(None if before is None else base + play.start.total, score),
        None if before is None else deal.total - play.start.total,
        [band.name for band in play.card.bands if band.at_least <= score][-1],
        *(deal.deeds, deal.cents, "; ".join(deal.names)),
        ", ".join(f"{name} {points:+}" for name, points in moved.items() if points),
    )
    return dict(zip(LIST_COLUMNS, cells, strict=True))


def side_by_side(rows: Sequence[Mapping[str, Any]]) -> ResultTable:
    """Return, by goal and card, what is best of all people played, in a column per days at hand.

    Points gained; the money, or the deeds, that they take; of a fresh identity the score.
    """
    days = sorted({row["days"] for row in rows})
    best: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        is_fresh = row["score_before"] is None
        goal = f"{FRESH}: {row['goal']}" if is_fresh else row["goal"]
        of_goal = best.setdefault((goal, row["scorecard"]), {})
        if row["days"] not in of_goal or _better(row, of_goal[row["days"]]):
            of_goal[row["days"]] = row
    goals = list(dict.fromkeys(goal for goal, _ in best))
    cards = list(dict.fromkeys(card for _, card in best))
    cells = [
        (goal, card, *(_cell(best.get((goal, card), {}).get(day)) for day in days))
        for goal in sorted(goals, key=lambda goal: goal.startswith(FRESH))
        for card in cards
    ]
    return ResultTable(("goal", "scorecard", *(f"{day} days" for day in days)), cells)


def cheapest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return, of each goal at least money and each card, the row that takes least."""
    best: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        key = row["goal"], row["scorecard"]
        if "least money" in row["goal"] and (key not in best or _better(row, best[key])):
            best[key] = row
    return list(best.values())


def _better(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if "least money" in row["goal"]:
        return bool(row["cents"] < other["cents"])
    if "fewest deeds" in row["goal"]:
        return bool(row["deeds"] < other["deeds"])
    name = "score_after" if row["score_before"] is None else "points_gained"
    return bool(row[name] > other[name])


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    if "least money" in row["goal"]:
        return f"{row['cents'] / 100:,.2f}"
    if "fewest deeds" in row["goal"]:
        return f"{row['deeds']:,}"
    if row["score_before"] is None:
        return f"{row['score_after']} {row['band']}"
    return f"{row['points_gained']:+}"
