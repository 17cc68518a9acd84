"""Why a score changed, in the terminal: what moved, by which cause, and a sentence for each."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.show.cause_words import TITLES, cause_meaning, signed, status_words
from plainscore.show.waterfall import shown_value
from plainscore.show.why import FeatureChange, Why


def why_table(why: Why) -> Group:
    """Return the change as something that rich prints; nothing in it is markup."""
    parts: list[RenderableType] = [_headline(why)]
    if why.score_change is not None:
        parts += [Text(), _table(why), *_left_out(why), Text(), *_cause_lines(why)]
    if why.status_cause is not None:
        parts.append(
            Text(
                f"{status_words(why.status_before)} before, {status_words(why.status_after)} "
                f"after: by {TITLES[why.status_cause]}"
            )
        )
    elif why.score_change is None:
        parts.append(Text(f"{status_words(why.status_after)} in both: there is no score to change"))
    if why.is_carried:
        parts.append(Text("not scored somewhere on the way: that part is counted with the next"))
    parts += [Text(note, style="dim") for note in [why.notes] if note]
    return Group(*parts)


def _headline(why: Why) -> Text:
    change = "" if why.score_change is None else f" ({signed(why.score_change)})"
    scores = [
        "not scored" if score is None else str(score)
        for score in (why.score_before, why.score_after)
    ]
    return Text.assemble(
        (f"{printable(why.person_id)}: {scores[0]} to {scores[1]}{change}", "bold"),
        f"   from {why.pair.before} to {why.pair.after}",
    )


def _table(why: Why) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for title in ("value", "before", *TITLES.values(), "after"):
        table.add_column(title, justify="right", no_wrap=True)
    for feature in moved_points(why):
        table.add_row(*_cells(feature))
    parts = why.causes.values()
    friends = [signed(part.friends) for part in parts]
    table.add_row("  of it friends", "", "", *friends, "", style="dim")
    sums = [signed(part.points) for part in parts]
    table.add_row("score", "", str(why.score_before), *sums, str(why.score_after), style="bold")
    return table


def moved_points(why: Why) -> list[FeatureChange]:
    """Return the features of which any cause moved points."""
    return [feature for feature in why.features if any(feature.causes.values())]


def _cells(feature: FeatureChange) -> list[str]:
    values = [shown_value(_whole(v)) for v in (feature.value_before, feature.value_after)]
    value = values[0] if values[0] == values[1] else " -> ".join(values)
    causes = [signed(points) if points else "" for points in feature.causes.values()]
    return [feature.feature, value, str(feature.points_before), *causes, str(feature.points_after)]


def _left_out(why: Why) -> Iterator[Text]:
    count = len(why.features) - len(moved_points(why))
    if count:
        yield Text(f"{count} more in value alone: --format csv shows them", style="dim")


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _cause_lines(why: Why) -> Iterator[Text]:
    for cause, part in why.causes.items():
        title = TITLES[cause]
        if not part.points and not any(feature.causes[cause] for feature in why.features):
            yield Text(f"  {title}: 0 points")
            continue
        friends = f", {signed(part.friends)} of it through friends" if part.friends else ""
        points = "point" if abs(part.points) == 1 else "points"
        meaning = cause_meaning(cause, why.pair, why.scorecards)
        yield Text(f"  {title}: {signed(part.points)} {points}{friends}; {meaning}")
