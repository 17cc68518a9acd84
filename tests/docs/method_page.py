"""Write the tables of docs/explanation/method.md from the scorecards: ``python -m`` this module.

Between ``<!-- name:begin -->`` and ``<!-- name:end -->`` stands what the packaged cards and the
glossary say; the rest of the page is written by hand. A test holds that the page is current.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_CARDS, STANDARD_METHOD
from plainscore.contracts.contract import Glossary, method_glossary
from plainscore.scorecards.card import Feature, NotScoredRule, Scorecard
from plainscore.scorecards.reading import read_scorecards
from tests.docs.pages import CHECKOUT

METHOD_PAGE = CHECKOUT / "docs" / "explanation" / "method.md"


def refreshed(page: str) -> str:
    """Return the page with every marked table made again.

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
    cards = read_scorecards(STANDARD_CARDS)
    card, other = cards
    caps = [dict(one.factor_caps) for one in cards]
    totals = [sum(cap.values()) for cap in caps]
    glossary = method_glossary(STANDARD_METHOD)
    before, rules = {feature.name: feature for feature in card.features}, card.not_scored
    tables: dict[str, Iterable[Sequence[object]]] = {
        "factors": [
            ("factor", *(f"most points, {one.name}" for one in cards), "features"),
            *(
                (factor, *(cap[factor] for cap in caps), len(list(card.features_of(factor))))
                for factor in caps[0]
            ),
            ("together", *totals, len(card.features)),
        ],
        "not_scored": [
            ("code", "measure", "scored only where it is", "reason", "what to do"),
            *((r.code, f"`{r.measure}`", _need(r), r.reason, r.what_to_do) for r in rules),
        ],
        "bands": [
            ("band_no", "band", "from", "to"),
            *((no, b.name, b.at_least, b.at_most) for no, b in enumerate(card.bands, start=1)),
        ],
        "reasons": [
            ("code", "family", "of a value", "reason", "what to do"),
            *(row for one in card.features for row in _words(one)),
        ],
        "benefits": [
            ("from", "benefit", "context", "accepts", "harm-sensitive", "source"),
            *(
                (
                    b.min_score, f"`{b.name}`", b.context, ", ".join(b.accepts),
                    "yes" if b.is_harm_sensitive else "", b.source,
                )
                for b in card.benefits
            ),
        ],
        "contexts": [
            ("context", *(f"most points, {one.name}" for one in cards), "features"),
            *(
                (
                    context, *(sum(f.max_points for f in c.features_in([context])) for c in cards),
                    ", ".join(f"`{f.name}`" for f in card.features_in([context])),
                )
                for context in card.contexts
            ),
        ],
        "challenger": [
            ("feature", "most", "at least: points", "missing"),
            *(
                (
                    f"`{one.name}`", f"{before[one.name].max_points} to {one.max_points}",
                    _bins(one), one.missing_points,
                )
                for one in other.features
                if one != before[one.name]
            ),
        ],
    }  # fmt: skip
    features = [
        f"#### {factor} ({cap})\n\n{_table(_features(card, factor, glossary))}"
        for factor, cap in card.factor_caps
    ]
    return {name: _table(rows) for name, rows in tables.items()} | {
        "features": "\n\n".join(features)
    }


def _features(card: Scorecard, factor: str, glossary: Glossary) -> Iterator[Sequence[object]]:
    yield "feature", "most", "at least: points", "missing", "unit", "definition"
    for one in card.features_of(factor):
        missing = one.missing_points if one.bins else "never"
        said = glossary[one.name]
        yield f"`{one.name}`", one.max_points, _bins(one), missing, said["unit"], said["doc"]


def _words(feature: Feature) -> Iterator[Sequence[object]]:
    head = f"`{feature.name}`", feature.family
    for one in feature.words:
        parts = [f"from {one.at_least}"] if one.at_least is not None else []
        parts += [f"below {one.below}"] if one.below is not None else []
        yield *head, " ".join(parts), one.reason, one.what_to_do
    other = "any other" if feature.words else "any"
    yield *head, other, feature.reason, feature.what_to_do
    if feature.missing_reason is not None:
        yield *head, "missing", feature.missing_reason, feature.missing_what_to_do


def _bins(feature: Feature) -> str:
    if not feature.bins:
        return f"{feature.max_points} x value, rounded half up"
    return ", ".join(f"{step.at_least:f}: {step.points}" for step in feature.bins)


def _need(rule: NotScoredRule) -> str:
    if rule.test == "equals":
        return str(rule.value).lower()
    return f"{rule.value} or more" if rule.test == "at_least" else f"below {rule.value}"


def _table(rows: Iterable[Sequence[object]]) -> str:
    head, *others = rows
    lines = [head, ["---"] * len(head), *others]
    return "\n".join(f"| {' | '.join(_escaped(str(cell)) for cell in cells)} |" for cells in lines)


def _escaped(cell: str) -> str:
    """Return a cell in which Markdown sees neither emphasis nor another column."""
    return cell.replace("*", r"\*").replace("|", r"\|")


if __name__ == "__main__":
    METHOD_PAGE.write_text(refreshed(METHOD_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
