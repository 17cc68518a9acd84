"""Write the tables of docs/explanation/method.md from the scorecards: ``python -m`` this module.

Between ``<!-- name:begin -->`` and ``<!-- name:end -->`` stands what the packaged cards and the
glossary say; the rest of the page is written by hand. A test holds that the page is current.
"""

from collections.abc import Iterator, Mapping, Sequence

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, standard_folder
from plainscore.contracts.contract import Glossary, method_glossary
from plainscore.scorecards.card import Feature, NotScoredRule, Scorecard
from plainscore.scorecards.reading import read_scorecards

METHOD_PAGE = standard_folder("transforms").parent / "docs" / "explanation" / "method.md"


def refreshed(page: str) -> str:
    """Return the page with every marked table made anew.

    Raises UsageError where the page lacks the markers of a table.
    """
    for name, table in method_tables().items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, has_begin, marked = page.partition(begin)
        _, has_end, after = marked.partition(end)
        if not (has_begin and has_end):
            raise UsageError(f"the page needs the line {begin} and, below it, {end}")
        page = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    return page


def method_tables() -> Mapping[str, str]:
    """Return marker name -> Markdown of the packaged cards, the standard one first."""
    standard, reported_b = read_scorecards(("standard", "reported_b"))
    glossary = method_glossary(STANDARD_METHOD)
    return {
        "factors": _factors((standard, reported_b)),
        "features": _features(standard, glossary),
        "not_scored": _not_scored(standard),
        "bands": _bands(standard),
        "reasons": _reasons(standard),
        "benefits": _benefits(standard),
        "reported_b": _differences(standard, reported_b),
    }


def _factors(cards: Sequence[Scorecard]) -> str:
    head = ["factor", *(f"most points, {card.name}" for card in cards), "features"]
    caps = [dict(card.factor_caps) for card in cards]
    rows = [
        [factor, *(str(cap[factor]) for cap in caps), str(len(list(cards[0].features_of(factor))))]
        for factor, _ in cards[0].factor_caps
    ]
    totals = [str(sum(cap.values())) for cap in caps]
    return _table(head, [*rows, ["together", *totals, str(len(cards[0].features))]])


def _features(card: Scorecard, glossary: Glossary) -> str:
    return "\n\n".join(
        f"#### {factor} ({cap})\n\n{_features_of(card, factor, glossary)}"
        for factor, cap in card.factor_caps
    )


def _features_of(card: Scorecard, factor: str, glossary: Glossary) -> str:
    rows = [
        [
            f"`{feature.name}`",
            str(feature.max_points),
            _bins(feature),
            str(feature.missing_points) if feature.bins else "never",
            glossary[feature.name]["unit"],
            glossary[feature.name]["doc"],
        ]
        for feature in card.features_of(factor)
    ]
    head = ["feature", "most", "at least: points", "missing", "unit", "definition"]
    return _table(head, rows)


def _bins(feature: Feature) -> str:
    if not feature.bins:
        return f"{feature.max_points} x value, rounded half up"
    return ", ".join(f"{step.at_least:f}: {step.points}" for step in feature.bins)


def _not_scored(card: Scorecard) -> str:
    rows = [
        [rule.code, f"`{rule.measure}`", _condition(rule), rule.reason, rule.what_to_do]
        for rule in card.not_scored
    ]
    return _table(["code", "measure", "scored only where it is", "reason", "what to do"], rows)


def _condition(rule: NotScoredRule) -> str:
    match rule.test:
        case "at_least":
            return f"{rule.value} or more"
        case "below":
            return f"below {rule.value}"
        case _:
            return "true" if rule.value else "false"


def _bands(card: Scorecard) -> str:
    rows = [
        [str(no), band.name, str(band.at_least), str(band.at_most)]
        for no, band in enumerate(card.bands, start=1)
    ]
    return _table(["band_no", "band", "from", "to"], rows)


def _reasons(card: Scorecard) -> str:
    rows = [[f"`{feature.name}`", feature.reason, feature.what_to_do] for feature in card.features]
    return _table(["code", "reason", "what to do"], rows)


def _benefits(card: Scorecard) -> str:
    rows = [
        [str(one.min_score), f"`{one.name}`", "yes" if one.is_harm_sensitive else "", one.source]
        for one in card.benefits
    ]
    return _table(["from", "benefit", "harm-sensitive", "source"], rows)


def _differences(card: Scorecard, other: Scorecard) -> str:
    before = {feature.name: feature for feature in card.features}
    rows = [
        [
            f"`{feature.name}`",
            f"{before[feature.name].max_points} to {feature.max_points}",
            _bins(feature),
            str(feature.missing_points),
        ]
        for feature in other.features
        if feature != before[feature.name]
    ]
    return _table(["feature", "most", "at least: points", "missing"], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def lines() -> Iterator[str]:
        for cells in (head, ["---"] * len(head), *rows):
            yield f"| {' | '.join(map(_escaped, cells))} |"

    return "\n".join(lines())


def _escaped(cell: str) -> str:
    """Return a cell in which Markdown sees neither emphasis nor another column."""
    return cell.replace("*", r"\*").replace("|", r"\|")


if __name__ == "__main__":
    METHOD_PAGE.write_text(refreshed(METHOD_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
