"""A comparison of two snapshots in the terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.show.cause_words import TITLES, cause_meaning, signed, status_words
from plainscore.show.comparison import Comparison
from plainscore.show.why import CAUSES


def comparison_table(comparison: Comparison) -> Group:
    """Return the comparison as something that rich prints; nothing in it is markup."""
    parts: list[RenderableType] = [
        Text(f"from {comparison.pair.before} to {comparison.pair.after}", style="bold"),
        Text(_people(comparison)),
        Text(),
        _causes(comparison),
    ]
    for table in (_bands(comparison), _statuses(comparison), _largest(comparison)):
        if table.row_count:
            parts += [Text(), table]
    if comparison.carried:
        parts.append(
            Text(
                f"{comparison.carried:,} people are not scored somewhere on the way: "
                "that cause's part is counted with the next"
            )
        )
    parts += [Text(note, style="dim") for note in [comparison.notes] if note]
    return Group(*parts)


def _people(comparison: Comparison) -> str:
    both = comparison.scored_in_both
    moved = f"{comparison.moved:,} of the {both:,} scored in both have another score"
    far = f"{comparison.mean_absolute_points:.2f} points up or down on average"
    return f"{comparison.people:,} people: {moved} ({far})"


def _causes(comparison: Comparison) -> Table:
    table = _table(
        "cause", "people moved", "mean", "mean up or down", "of it friends", "what it is"
    )
    table.columns[-1].justify = "left"
    count = max(comparison.scored_in_both, 1)
    for cause in CAUSES:
        one = comparison.causes[cause]
        table.add_row(
            TITLES[cause],
            f"{one.moved:,}",
            f"{one.points / count:+.2f}",
            f"{one.absolute_points / count:.2f}",
            f"{one.friends / count:+.2f}",
            cause_meaning(cause, comparison.pair, comparison.scorecards) if one.moved else "",
        )
    friends = sum(one.friends for one in comparison.causes.values())
    table.add_row(
        "together",
        f"{comparison.moved:,}",
        f"{comparison.points / count:+.2f}",
        f"{comparison.mean_absolute_points:.2f}",
        f"{friends / count:+.2f}",
        style="bold",
    )
    return table


def _bands(comparison: Comparison) -> Table:
    table = _table("from band", "to band", "people", text_columns=2)
    for before, after, people in comparison.band_moves:
        table.add_row(printable(before), printable(after), f"{people:,}")
    return table


def _statuses(comparison: Comparison) -> Table:
    table = _table("status before", "status after", "by", "people", text_columns=3)
    for before, after, cause, people in comparison.status_changes:
        words = (status_words(printable(status)) for status in (before, after))
        table.add_row(*words, TITLES[cause], f"{people:,}")
    return table


def _largest(comparison: Comparison) -> Table:
    table = _table("largest changes", "before", "after", "change", *TITLES.values())
    for row in comparison.largest:
        table.add_row(
            printable(row["person_id"]),
            str(row["score_before"]),
            str(row["score_after"]),
            signed(row["score_change"]),
            *(signed(row[f"{cause}_change"]) for cause in CAUSES),
        )
    return table


def _table(*titles: str, text_columns: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, title in enumerate(titles):
        table.add_column(title, justify="left" if place < text_columns else "right", no_wrap=True)
    return table
