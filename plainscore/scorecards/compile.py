"""Compile the scorecards of a run: to transforms as if written by hand, and to tables to join.

Contracts and SELECTs are in compiled.toml; what a card decides is filled in: one CASE of bins per
feature, its rules, its factors. Cards of one run may differ in features and factors: what a card
does not have gives 0 points on it. ``plainscore scorecard --sql`` prints the text that runs. The
rows of the schema ``reference`` say what the scorecards say, as small tables.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

from plainscore.common.text import text_literal
from plainscore.contracts.contract import Column, Glossary, Table, parse_contract
from plainscore.scorecards.card import Feature, Measures, NotScoredRule, Scorecard, measures_among

HEADS = tomllib.loads(Path(__file__).with_name("compiled.toml").read_text(encoding="utf-8"))
OWN_POINTS = Column("own_points", "BIGINT", "Points without the social factor.", "points", 0)
ATTEMPT, GROUPS = "audits.attempt", "audits.person_group"
Cell = Callable[[Scorecard, str], str]
"""What a card says of a feature or factor, as an expression."""
_BEST = """
best_{rank} as (
    select
        *,
        greatest(
            {codes}
        ) as code_{rank}
    from {source}
),
"""
_JOIN_POINTS = """inner join scores.points as points
    on attempt.scorecard = points.scorecard and attempt.person_key = points.person_key"""


def compile_scorecards(
    cards: Sequence[Scorecard], written: Sequence[Table], glossary: Glossary
) -> list[Table]:
    """Return the tables that the cards decide, champion first.

    ``written``: the hand-written tables of the method that the cards were read with.
    """
    compiler = _Compiler(cards, measures_among(written), glossary)
    return compiler.tables({table.name: table for table in written})


def points_case(feature: Feature, source: str = "") -> str:
    """Return the CASE that turns a feature's value into its points.

    ``source``: the table that has the value, with a dot, where more than one may have it.
    """
    value = f"{source}{feature.name}"
    steps = [f"when {value} is null then {feature.missing_points}"]
    steps += [
        f"when {value} < {upper.at_least} then {lower.points}"
        for lower, upper in pairwise(feature.bins)
    ]
    return "\n    ".join(["case", *steps, f"else {feature.bins[-1].points}"]) + "\nend"


class _Compiler:
    """Fills compiled.toml with what some cards decide."""

    def __init__(self, cards: Sequence[Scorecard], measures: Measures, glossary: Glossary):
        self._cards, self._measures, self._glossary = cards, measures, glossary
        self._names = _each_once(f.name for card in cards for f in card.features)
        self._factors = _each_once(name for card in cards for name, _ in card.factor_caps)
        self._late = _each_once(f.name for card in cards if (f := card.late_feature))
        self._columns = {
            name: _points(
                name, [f.max_points for c in cards if (f := c.feature(name))], f"for {name}"
            )
            for name in self._names
        }

    def tables(self, written: dict[str, Table]) -> list[Table]:
        names = self._names
        points = list(self._columns.values())
        caps = {
            n: [dict(card.factor_caps).get(n, 0) for card in self._cards] for n in self._factors
        }
        factors = [
            _points(name, most, f"of the factor {name.replace('_', ' ')}")
            for name, most in caps.items()
        ]
        title = "the five factors" if len(factors) == 5 else "the factors"
        late = self._join_late("own_points")
        total = "\n+ ".join(f"factor.{name}" for name in self._factors)
        sums = _list(f"cast(sum(points.{name}) as bigint) as {name}" for name in names)
        whens = "\n".join(f"when '{name}' then total.{name}" for name in names)
        in_points = _list(f"points.{name}" for name in names)
        in_factor = _list(f"factor.{name}" for name in self._factors)
        filled = _list(map(self._point, names))
        summed = _list(map(self._factor, self._factors))
        made = [
            self._table("features.scoring_status", not_scored_code=self._not_scored_code()),
            self._feature_vector(),
            self._own_points(),
            self._table("scores.points", points, points=filled, late=late),
            self._table("scores.factor", factors, all_factors=title, factors=summed),
            self._table("scores.score", total=total),
            self._context_score(),
            self._benchmark(),
            self._reason(),
        ]
        if GROUPS in written:
            made.append(self._table("audits.feature_total", sums=sums, points=whens))
        if ATTEMPT in written:
            made.append(self._attempt_points({column.name for column in written[ATTEMPT].columns}))
        return [
            *made,
            self._published_features(),
            self._table("published.points", points, points=in_points),
            self._table("published.factor", factors, all_factors=title, factors=in_factor),
        ]

    def _not_scored_code(self) -> str:
        """Return the code of the first rule that applies; the rules are those of every card."""
        rules = self._cards[0].not_scored
        whens = [f"\n    when {_fails(rule)} then {text_literal(rule.code)}" for rule in rules]
        return f"case{''.join(whens)}\nend" if rules else "cast(null as varchar)"

    def _feature_vector(self) -> Table:
        """Return all features side by side: those of the cards first, then what no card uses."""
        homes = self._measures.homes
        names = [name for name in _each_once([*self._names, *homes]) if name in homes]
        (first, home), *others = ((_short(table), table) for table in sorted(set(homes.values())))
        joins = [
            f"\ninner join {table} as {short}\n    on {first}.person_key = {short}.person_key"
            for short, table in others
        ]
        return self._table(
            "features.feature_vector", [self._measures.features[name] for name in names],
            first=first, homes=f"{home} as {first}{''.join(joins)}",
            features=_list(f"{_short(homes[name])}.{name}" for name in names),
        )  # fmt: skip

    def _own_points(self) -> Table:
        """Return the points of the features that are not of a late feature's factor."""
        own = [name for name in self._names if any(_own(card, name) for card in self._cards)]

        def points(card: Scorecard, name: str) -> str:
            feature = _own(card, name)
            return points_case(feature, "feature_vector.") if feature else "0"

        return self._table(
            "scores.own_points", [*map(self._columns.__getitem__, own), OWN_POINTS], own=_list(own),
            points=_list(self._cast(name, points, "card.scorecard") for name in own),
            total="\n+ ".join(own),
        )  # fmt: skip

    def _point(self, name: str) -> str:
        late = self._measures.late.get(name)

        def points(card: Scorecard, name: str) -> str:
            feature = card.feature(name)
            if feature is None:
                return "0"
            if late:
                return f"{late.short_name}.{late.late_points}"
            if _own(card, name):
                return f"own_points.{name}"
            return points_case(feature, "feature_vector.")

        return self._cast(name, points, "own_points.scorecard")

    def _factor(self, factor: str) -> str:
        def points(card: Scorecard, factor: str) -> str:
            return "\n+ ".join(feature.name for feature in card.features_of(factor)) or "0"

        return f"{self._by_card(points, factor)} as {factor}"

    def _context_score(self) -> Table:
        """Return the scores of accepted contexts; a card gives 0 points in one it does not have."""

        def points(card: Scorecard, context: str) -> str:
            return "\n+ ".join(one.name for one in card.features_in([context])) or "0"

        contexts = _each_once(name for card in self._cards for name in card.contexts)
        sets = _each_once(
            ", ".join(one.accepts)
            for card in self._cards
            for one in card.benefits
            if card.is_walled(one)
        )
        whens = [
            f"when {text_literal(accepts)} then\n        "
            + (
                "\n        + ".join(
                    f"in_context.{one}_points" for one in accepts.split(", ") if one in contexts
                )
                or "0"
            )
            for accepts in sets
        ]
        cases = "\n    ".join(["case context_set.accepts", *whens]) + "\nend" if whens else "0"
        return self._table(
            "scores.context_score",
            contexts=_list(f"{self._by_card(points, name)} as {name}_points" for name in contexts),
            points=cases,
        )

    def _benchmark(self) -> Table:
        """Return the points that reasons compare with; 0 of a feature that a card does not have."""

        def most(card: Scorecard, name: str) -> str:
            feature = card.feature(name)
            return str(feature.max_points) if feature else "0"

        names = self._names
        return self._table(
            "scores.benchmark",
            [Column(n, "BIGINT", f"Points for {n} of all of them.", "points", 0) for n in names],
            sums=_list(f"cast(sum(points.{n}) as bigint) as {n}" for n in names),
            names=_list(names),
            most=_list(f"cast({self._by_card(most, n)} as bigint) as {n}" for n in names),
        )  # fmt: skip

    def _reason(self) -> Table:
        names = self._names
        code_base = 10 ** max(2, len(str(len(names))))  # more than any feature_no
        groups = _each_once(card.reason_group(f) for card in self._cards for f in card.features)

        def code(card: Scorecard, name: str) -> str:
            feature = card.feature(name)
            if feature is None:
                return "0"
            place = card.features.index(feature) + 1
            earned, total = f"points.{name} * benchmark.people", f"benchmark.{name}"
            lost = f"({total} - {earned}) * {code_base} + {code_base - place}"
            return f"case when {earned} < {total} then {lost} else 0 end"

        def greatest_of(card: Scorecard, group: str) -> str:
            codes = [one.name for one in card.features if card.reason_group(one) == group]
            return f"greatest({', '.join(codes)})" if len(codes) > 1 else "".join(codes) or "0"

        codes = [f"{group}_code" for group in groups]
        best = [_best(1, codes, "grouped")]
        ranks = range(1, max(card.reasons.count for card in self._cards) + 1)
        best += [
            _best(rank, [f"case when {c} < code_{rank - 1} then {c} else 0 end" for c in codes])
            for rank in ranks[1:]
        ]
        return self._table(
            "scores.reason", (),
            codes=_list(f"{self._by_card(code, n, 'points.scorecard')} as {n}" for n in names),
            groups=_list(f"{self._by_card(greatest_of, g)} as {g}_code" for g in groups),
            best="\n\n".join(best),
            ranks="\nunion all\n".join(
                f"select scorecard, person_key, {rank} as rank, code_{rank} as loss_code\n"
                f"from best_{ranks[-1]}"
                for rank in ranks
            ),
            code_base=str(code_base), late=self._join_late("ranked"),
            values="\n".join(
                f"when '{n}' then cast({self._home(n)}.{n} as double)" for n in names
            ),
            totals="\n".join(f"when '{n}' then benchmark.{n}" for n in names),
        )  # fmt: skip

    def _attempt_points(self, shown: set[str]) -> Table:
        """Return the points that people would have after an attack, by the bins of each card."""
        names = [
            name
            for name in self._names
            if name not in self._measures.late
            and any(card.feature(name) and not _own(card, name) for card in self._cards)
        ]

        def points(card: Scorecard, name: str) -> str:
            feature = card.feature(name)
            if feature is None or _own(card, name):
                return "0"
            return points_case(feature, "attempt.") if name in shown else f"points.{name}"

        return self._table(
            "audits.attempt_points",
            points="".join(f"{self._cast(n, points, 'attempt.scorecard')},\n" for n in names),
            kept="" if shown.issuperset(names) else _JOIN_POINTS,
            total="\n+ ".join(["friend_points", *names]),
        )  # fmt: skip

    def _published_features(self) -> Table:
        """Return every person's features, the champion's first, then what no card uses."""
        homes, late = self._measures.homes, self._measures.late
        names = _each_once([*self._names, *homes, *late])
        columns = [
            replace(self._measures.column(name), nullable=True)
            if name in late
            else self._measures.column(name)
            for name in names
        ]
        joins = [
            f"left join {table.name} as {table.short_name}\n"
            f"    on feature_vector.person_key = {table.short_name}.person_key\n"
            f"    and {table.short_name}.scorecard = {text_literal(self._cards[0].name)}"
            for table in late.values()
        ]
        return self._table(
            "published.features", columns, late="\n".join(joins),
            features=_list(f"{self._home(name)}.{name}" for name in names),
        )  # fmt: skip

    # ---- what the tables share

    def _table(self, name: str, more: Sequence[Column] = (), **values: str) -> Table:
        """Return a table of compiled.toml with its SELECT filled in, and ``more`` columns."""
        head = HEADS[name] | {"title": _filled(HEADS[name]["title"], values)}
        sql = _filled(head.pop("sql"), values)
        table = parse_contract(name, head, self._glossary, sql)
        return replace(table, columns=(*table.columns, *more))

    def _by_card(self, cell: Cell, name: str, scorecard: str = "scorecard") -> str:
        """Return what is the same on every card, or else the CASE that asks which card it is."""
        cells = {card.name: cell(card, name) for card in self._cards}
        if len(set(cells.values())) == 1:
            return next(iter(cells.values()))
        whens = [f"when {text_literal(name)} then {text}" for name, text in cells.items()]
        return "\n".join([f"case {scorecard}", *whens]).replace("\n", "\n    ") + "\nend"

    def _cast(self, name: str, cell: Cell, scorecard: str) -> str:
        points = self._by_card(cell, name, scorecard)
        return points if points == f"own_points.{name}" else f"cast({points} as integer) as {name}"

    def _home(self, name: str) -> str:
        late = self._measures.late.get(name)
        return late.short_name if late else "feature_vector"

    def _join_late(self, to: str) -> str:
        tables = [self._measures.late[name] for name in self._late]
        return "\n".join(
            f"inner join {table.name} as {table.short_name}\n"
            f"    on {to}.person_key = {table.short_name}.person_key\n"
            f"    and {to}.scorecard = {table.short_name}.scorecard"
            for table in tables
        )


def _filled(template: str, values: dict[str, str]) -> str:
    """Return a template with its {names} replaced, each value indented as the line it is on."""
    lines = []
    for line in template.strip().splitlines():
        margin = "\n" + line[: len(line) - len(line.lstrip())]
        filled = line.format_map({k: v.strip().replace("\n", margin) for k, v in values.items()})
        if filled.strip() or not line:
            lines.append(filled)
    return "\n".join(lines)


def _best(rank: int, codes: Sequence[str], source: str = "") -> str:
    """Return the step that finds the reason of a rank; Spark's greatest() takes two or more."""
    listed = ",\n            ".join([*codes, "0"] if len(codes) == 1 else codes)
    return _BEST.format(rank=rank, codes=listed, source=source or f"best_{rank - 1}").strip()


def _own(card: Scorecard, name: str) -> Feature | None:
    """Return a feature that is not of the late feature's factor: a part of the own record."""
    feature = card.feature(name)
    return feature if feature and feature.factor != card.late_factor else None


def _fails(rule: NotScoredRule) -> str:
    match rule.test:
        case "at_least":
            failing = f"{rule.measure} < {rule.value}"
        case "below":
            failing = f"{rule.measure} >= {rule.value}"
        case _:
            failing = f"not {rule.measure}" if rule.value else rule.measure
    return f"{rule.measure} is null or {failing}"


def _points(name: str, most: Sequence[int], what: str) -> Column:
    return Column(name, "INTEGER", f"Points {what}.", "points", 0, max(most))


def _short(table_name: str) -> str:
    return table_name.partition(".")[2]


def _list(cells: Iterable[str]) -> str:
    return ",\n".join(cells)


def _each_once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


# The rows of the schema reference


Row = tuple[str | int | float | bool | None, ...]
HALF_LIFE_DAYS = 180
DECAY_DAYS = 1825
MONTHS_OF_A_YEAR = 12
CROWDS = (1, 5, 20, 60)
RING_MONTHS = (1, 3, 6, 12)
FRIENDS_IN_A_RING = 9
SOLD = (1, 20)
AGE_BANDS: tuple[tuple[str, int, int], ...] = (
    ("0 to 17", 0, 17),
    ("18 to 24", 18, 24),
    ("25 to 34", 25, 34),
    ("35 to 44", 35, 44),
    ("45 to 54", 45, 54),
    ("55 to 64", 55, 64),
    ("65 or more", 65, 120),
)
"""Band, lowest and highest age: the ten-year bands in which labour statistics are reported."""


def reference_rows(
    cards: Sequence[Scorecard], column_of: Callable[[str], Column]
) -> Mapping[str, Sequence[Row]]:
    """Return table name -> rows, columns in the order of the table's contract.

    ``column_of``: feature -> the column that it is, see `Catalog.feature_column`.
    """
    return {
        "reference.age_band": list(AGE_BANDS),
        "reference.decay_weight": decay_weights(),
        "reference.attack": list(injected_attacks()),
        "reference.card": [_card(no, card) for no, card in enumerate(cards, start=1)],
        "reference.factor": [
            (card.name, no, factor, cap)
            for card in cards
            for no, (factor, cap) in enumerate(card.factor_caps, start=1)
        ],
        "reference.feature": [
            (
                card.name, no, feature.name, feature.factor, feature.direction,
                feature.max_points, feature.missing_points if feature.bins else None,
                column_of(feature.name).minimum, column_of(feature.name).maximum,
                column_of(feature.name).unit, column_of(feature.name).doc,
                feature.reason, feature.what_to_do, feature.missing_reason,
                feature.missing_what_to_do, feature.family, feature.context,
            )
            for card in cards
            for no, feature in enumerate(card.features, start=1)
        ],
        "reference.reason_words": [
            (
                card.name, feature.name, no, _edge(words.at_least), _edge(words.below),
                words.reason, words.what_to_do,
            )
            for card in cards
            for feature in card.features
            for no, words in enumerate(feature.words, start=1)
        ],
        "reference.bin": [
            (card.name, feature.name, *bin_row)
            for card in cards
            for feature in card.features
            for bin_row in _bins(feature)
        ],
        "reference.band": [
            (card.name, no, band.name, band.at_least, band.at_most)
            for card in cards
            for no, band in enumerate(card.bands, start=1)
        ],
        "reference.benefit": [
            (
                card.name, no, benefit.name, benefit.min_score, benefit.source, benefit.note,
                benefit.is_harm_sensitive, benefit.context, ", ".join(benefit.accepts),
                card.is_walled(benefit), card.is_wall_enforced(benefit),
            )
            for card in cards
            for no, benefit in enumerate(card.benefits, start=1)
        ],
        "reference.context_set": [
            (card.name, ", ".join(accepts), most_points(card, accepts), card.max_score - card.base)
            for card in cards
            for accepts in dict.fromkeys(b.accepts for b in card.benefits if card.is_walled(b))
        ],
        "reference.points_to_odds": [
            (card.name, odds.at_score, float(odds.odds), float(odds.points_to_double))
            for card in cards
            if (odds := card.points_to_odds)
        ],
        "reference.not_scored_rule": [
            (no, rule.code, rule.reason, rule.what_to_do)
            for no, rule in enumerate(cards[0].not_scored, start=1)
        ],
    }  # fmt: skip


@cache
def decay_weights() -> tuple[Row, ...]:
    """Return (age_days, weight): 1e6 * 0.5^(age / 180), rounded half up, exact to the integer.

    Fifty decimal digits decide every rounding alike on any machine; floats need not. Whole halvings
    are exact, so that a weight that ends in a half is rounded up.
    """
    exact = Context(prec=50)
    within_half_life = [
        exact.power(Decimal("0.5"), exact.divide(Decimal(age), Decimal(HALF_LIFE_DAYS)))
        for age in range(HALF_LIFE_DAYS)
    ]
    rows: list[Row] = []
    for age in range(DECAY_DAYS):
        halvings, rest = divmod(age, HALF_LIFE_DAYS)
        weight = exact.divide(1_000_000 * within_half_life[rest], Decimal(2**halvings))
        rows.append((age, int(weight.quantize(Decimal(1), ROUND_HALF_UP))))
    return tuple(rows)


def injected_attacks() -> list[tuple[int, str, int, int]]:
    """Return (attack_no, attack, friend_count, contact_months) of each attack and size.

    They are what the gaming audit tries on every snapshot (docs/audits/gaming.md):

    fake_friends     accounts without a record of their own become friends
    bought_friends   people with a full record, the best there can be, sell their friendship
    ring             low scorers all befriend each other
    sold_friendship  the other end of a bought tie: a good record befriends low scorers
    """
    bought = [
        (attack, friends, MONTHS_OF_A_YEAR)
        for attack in ("fake_friends", "bought_friends")
        for friends in CROWDS
    ]
    ring = [("ring", FRIENDS_IN_A_RING, months) for months in RING_MONTHS]
    sold = [("sold_friendship", friends, MONTHS_OF_A_YEAR) for friends in SOLD]
    return [(no, *size) for no, size in enumerate([*bought, *ring, *sold], start=1)]


def most_points(card: Scorecard, contexts: Iterable[str]) -> int:
    """Return the most points that the features of some contexts give together."""
    return sum(feature.max_points for feature in card.features_in(contexts))


def _card(scorecard_no: int, card: Scorecard) -> Row:
    return (
        card.name, scorecard_no, card.version, card.hash, card.base, card.own_points_max,
        card.friends.prior_weight, card.friends.prior_ppm, card.friends.max_distance_ppm,
        card.friend_points_max, card.reasons.method, card.reasons.gate, card.reasons.within,
        card.reasons.count, ", ".join(card.without_logs) or None, ", ".join(card.left_out) or None,
        card.reasons.one_per_family, card.wall,
    )  # fmt: skip


def _edge(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _bins(feature: Feature) -> list[Row]:
    edges = [float(one.at_least) for one in feature.bins]
    parts = zip(edges, [*edges[1:], None], feature.bins, strict=False)
    return [
        (no, edge, end, one.is_special, one.points)
        for no, (edge, end, one) in enumerate(parts, start=1)
    ]
