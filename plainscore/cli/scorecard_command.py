"""`plainscore scorecard`: show a scorecard, its SQL, or what is wrong with it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.scorecards.card import Feature, Scorecard

FEATURE_COLUMNS = ("factor", "feature", "direction", "most", "missing", "points from each value on")
BIN_COLUMNS = (
    "scorecard", "feature_no", "feature", "factor", "direction", "max_points", "at_least", "points",
)  # fmt: skip


def scorecard(
    *cards: str,
    data: Path = Path("data"),
    sql: bool = False,
    check: bool = False,
    schema: bool = False,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Show scorecards: every feature with its bins, bands, rules and benefits.

    Parameters
    ----------
    cards
        Names of packaged cards or paths of .toml files; by default those that the settings name.
    data
        The data directory, where a plainscore.toml may stand.
    sql
        Print the SQL that the cards are compiled to: the text that runs.
    check
        Only say whether the cards are fit to run; a fault is named with file, line and key.
    schema
        Print the JSON Schema of scorecards, for editors.
    output_format
        csv has one line per bin; a line without at_least gives the points of a missing value.
    """
    from plainscore.scorecards.reading import find_scorecard, read_scorecard, scorecard_schema
    from plainscore.settings import read_settings

    if schema:
        print(json.dumps(scorecard_schema(), indent=1))
        return 0

    names = cards or read_settings(data).scorecards
    if sql:
        _print_sql(names)
        return 0
    read = [read_scorecard(find_scorecard(name)) for name in names]
    if check:
        _check(read)
    elif output_format == "json":
        print(json.dumps([_as_object(card) for card in read], indent=1))
    elif output_format == "csv":
        from plainscore.cli.row_output import print_rows

        print_rows(BIN_COLUMNS, (row for card in read for row in _bin_rows(card)), "csv")
    else:
        for card in read:
            _print_card(card)
    return 0


def _print_sql(names: tuple[str, ...]) -> None:
    """Print every table that the cards decide, in the order in which they are built."""
    from plainscore.contracts.catalog import load_catalog
    from plainscore.scorecards.reading import read_scorecards

    catalog = load_catalog(read_scorecards(names))
    compiled = {table.name for table in catalog.compiled}
    for table in catalog.tables.values():
        if table.name in compiled:
            print(f"-- {table.name}: {table.title}\n{table.sql};\n")


def _check(cards: "list[Scorecard]") -> None:
    from plainscore.contracts.catalog import rehearsed_catalog

    for card in cards:
        rehearsed_catalog((card,))
        print(
            f"{card.name} {card.version} is fit to run: {len(card.features)} features, "
            f"{card.base} to {card.max_score} points"
        )


def _as_object(card: "Scorecard") -> dict[str, Any]:
    parts = json.loads(json.dumps(asdict(card), default=_as_number))
    return {**parts, "factor_caps": dict(card.factor_caps), "hash": card.hash}


def _as_number(value: Decimal) -> float:
    return float(value)


def _bin_rows(card: "Scorecard") -> Iterator[tuple[Any, ...]]:
    for number, feature in enumerate(card.features, start=1):
        head = (
            card.name, number, feature.name, feature.factor, feature.direction, feature.max_points,
        )  # fmt: skip
        if feature.bins:
            yield (*head, None, feature.missing_points)
        for step in feature.bins:
            yield (*head, step.at_least, step.points)


def _print_card(card: "Scorecard") -> None:
    from rich.console import Console
    from rich.text import Text

    from plainscore.cli.row_output import print_rows

    console = Console()
    console.print(Text(f"{card.name} {card.version}: {card.title}", style="bold"))
    caps = ", ".join(f"{factor} {cap}" for factor, cap in card.factor_caps)
    bands = ", ".join(f"{band.name} from {band.at_least}" for band in card.bands)
    console.print(Text(f"{card.base} to {card.max_score} points: {caps}\nbands: {bands}\n"))
    rows = [
        (f.factor, f.name, f.direction, f.max_points, f.missing_points, _steps(f))
        for f in card.features
    ]
    print_rows(FEATURE_COLUMNS, rows, "table")
    console.print()
    rules = [
        (rule.code, _requirement(rule.measure, rule.test, rule.value)) for rule in card.not_scored
    ]
    print_rows(("not scored", "unless"), rules, "table")
    console.print()
    benefits = [(benefit.name, benefit.min_score, benefit.source) for benefit in card.benefits]
    print_rows(("benefit", "from", "source"), benefits, "table")
    console.print()


def _steps(feature: "Feature") -> str:
    if not feature.bins:
        return f"{feature.max_points} x the neighbour mean, rounded half up"
    return "  ".join(f"{step.at_least}: {step.points}" for step in feature.bins)


def _requirement(measure: str, test: str, value: int | bool) -> str:
    if test == "equals":
        return measure if value else f"not {measure}"
    return f"{measure} {test.replace('_', ' ')} {value}"
