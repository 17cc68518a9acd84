"""Read a scorecard from TOML; errors name file, line and key.

A card may say ``extends = "standard"``: it then holds only what differs from the card of that
name in the same folder (or from the packaged one).
"""

import tomllib
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.common.standard import standard_folder
from plainscore.scorecards.card import (
    Band,
    Benefit,
    Bin,
    Feature,
    FriendRule,
    NotScoredRule,
    Scorecard,
)
from plainscore.scorecards.fields import Fields, ScorecardError
from plainscore.scorecards.positions import key_lines
from plainscore.scorecards.validation import validate

PACKAGED = standard_folder("transforms/scorecards")


def find_scorecard(name_or_path: str) -> Path:
    """Return the file of a packaged card's name or of a path; UsageError where there is none."""
    packaged = PACKAGED / f"{name_or_path}.toml"
    path = packaged if packaged.exists() else Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        return path
    names = ", ".join(sorted(card.stem for card in PACKAGED.glob("*.toml")))
    raise UsageError(
        f"no scorecard '{name_or_path}': give the path of a .toml file, or one of {names}"
    )


def read_scorecard(path: Path) -> Scorecard:
    """Read and validate one card. Raises ScorecardError (exit code 2), naming line and key."""
    fields = _read_fields(path, seen=())
    card = _card(fields)
    validate(card, fields)
    return card


def read_scorecards(names_or_paths: tuple[str, ...]) -> tuple[Scorecard, ...]:
    """Read the cards of one run, champion first.

    Raises UsageError where two share a name, or differ in who is scored: the social features of
    a person count scored friends, so cards side by side must agree on who that is.
    """
    if not names_or_paths:
        raise UsageError("a run needs at least one scorecard: set `scorecards`")
    cards = tuple(read_scorecard(find_scorecard(name)) for name in names_or_paths)
    if len({card.name for card in cards}) < len(cards):
        raise UsageError(f"two scorecards share a name: {', '.join(card.name for card in cards)}")
    for card in cards[1:]:
        if card.not_scored != cards[0].not_scored:
            raise UsageError(
                f"scorecards {cards[0].name} and {card.name} differ in [[not_scored]]: "
                "run them one by one, or give them the same rules"
            )
    return cards


def _read_fields(path: Path, seen: tuple[Path, ...]) -> Fields:
    text = path.read_text(encoding="utf-8")
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ScorecardError(f"{path}: {error}") from error
    lines = key_lines(text)
    base_name = values.pop("extends", None)
    if base_name is None:
        return Fields(values, (), lambda key: (path, key), {path: lines})
    sibling = path.parent / f"{base_name}.toml"
    base_path = sibling if sibling.is_file() else find_scorecard(str(base_name))
    if base_path in (*seen, path):
        raise ScorecardError(f"{path}: extends itself by way of {base_path.name}")
    base = _read_fields(base_path, (*seen, path))
    return base.overlaid(values, path, lines)


def _card(fields: Fields) -> Scorecard:
    fields.refuse_unknown(
        {"name", "version", "title", "base", "friends", "not_scored", "band", "factor",
         "feature", "benefit"}
    )  # fmt: skip
    caps = tuple(
        (name, cap.integer("max_points", only=True)) for name, cap in fields.tables("factor")
    )
    return Scorecard(
        name=fields.text("name"),
        version=fields.text("version"),
        title=fields.text("title"),
        base=fields.integer("base"),
        factor_caps=caps,
        features=tuple(_feature(name, feature) for name, feature in fields.tables("feature")),
        bands=_bands(fields, fields.integer("base") + sum(cap for _, cap in caps)),
        not_scored=tuple(_rule(rule) for rule in fields.array("not_scored")),
        benefits=tuple(_benefit(benefit) for benefit in fields.array("benefit")),
        friends=_friends(fields.table("friends")),
    )


def _feature(name: str, fields: Fields) -> Feature:
    fields.refuse_unknown(
        {"factor", "direction", "bins", "missing_points", "rule", "max_points", "reason",
         "what_to_do"}
    )  # fmt: skip
    is_binned = not fields.has("rule")
    bins = _bins(fields) if is_binned else ()
    if not is_binned:
        fields.choice("rule", ("neighbour_mean",))
        for key in ("bins", "missing_points"):
            if fields.has(key):
                raise fields.error(key, "has no meaning beside a rule; leave it out")
    elif fields.has("max_points"):
        raise fields.error("max_points", "follows from the bins; leave it out")
    return Feature(
        name=name,
        factor=fields.text("factor"),
        direction=fields.choice("direction", ("up", "down")),
        bins=bins,
        missing_points=fields.integer("missing_points") if is_binned else 0,
        max_points=max(b.points for b in bins) if is_binned else fields.integer("max_points"),
        reason=fields.text("reason"),
        what_to_do=fields.text("what_to_do"),
    )


def _bins(fields: Fields) -> tuple[Bin, ...]:
    value = fields.value("bins")
    if not isinstance(value, list) or not value:
        raise fields.error("bins", "is a list of [at least, points] pairs")
    bins = []
    for pair in value:
        if not (isinstance(pair, list) and len(pair) == 2 and _is_number(pair[0])):
            raise fields.error("bins", f"{pair} is not [at least, points]")
        if type(pair[1]) is not int or pair[1] < 0:
            raise fields.error("bins", f"points are whole numbers from 0, not {pair[1]}")
        bins.append(Bin(Decimal(pair[0]), pair[1]))
    if any(low.at_least >= high.at_least for low, high in pairwise(bins)):
        raise fields.error("bins", "must ascend")
    return tuple(bins)


def _is_number(value: Any) -> bool:
    return type(value) is int or (isinstance(value, Decimal) and value.is_finite())


def _bands(fields: Fields, max_score: int) -> tuple[Band, ...]:
    declared = []
    for band in fields.array("band"):
        band.refuse_unknown({"name", "at_least"})
        declared.append((band.text("name"), band.integer("at_least")))
    ends = [at_least - 1 for _, at_least in declared[1:]] + [max_score]
    return tuple(
        Band(name, at_least, end) for (name, at_least), end in zip(declared, ends, strict=True)
    )


def _rule(fields: Fields) -> NotScoredRule:
    fields.refuse_unknown(
        {"code", "measure", "at_least", "below", "equals", "reason", "what_to_do"}
    )
    tests = [test for test in ("at_least", "below", "equals") if fields.has(test)]
    if len(tests) != 1:
        raise fields.error("measure", "needs exactly one of at_least, below, equals")
    test = tests[0]
    value = fields.flag(test) if test == "equals" else fields.integer(test)
    return NotScoredRule(
        code=fields.text("code"),
        measure=fields.text("measure"),
        test=test,
        value=value,
        reason=fields.text("reason"),
        what_to_do=fields.text("what_to_do"),
    )


def _benefit(fields: Fields) -> Benefit:
    fields.refuse_unknown({"name", "min_score", "source", "note", "is_harm_sensitive"})
    return Benefit(
        name=fields.text("name"),
        min_score=fields.integer("min_score"),
        source=fields.text("source"),
        note=fields.text("note"),
        is_harm_sensitive=fields.flag("is_harm_sensitive"),
    )


def _friends(fields: Fields) -> FriendRule:
    fields.refuse_unknown({"prior", "prior_weight", "max_distance"})
    return FriendRule(
        prior_ppm=fields.parts_per_million("prior"),
        prior_weight=fields.integer("prior_weight", at_least=1),
        max_distance_ppm=fields.parts_per_million("max_distance"),
    )
