"""`plainscore what-if`: another value, another score; or the honest ways to the next band."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

ALL_ELSE_EQUAL = "all else equal: bills to come, other people's scores and purchases as they are"
STEP_COLUMNS = ("within_days", "kind", "feature", "goal", "points", "act", "score_then")


def what_if(
    person: str,
    *,
    set_values: Annotated[tuple[str, ...], Parameter(name="--set", show_default=False)] = (),
    as_of: str = "latest",
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell what a score would be with other values, or which honest ways lead to the next band.

    Exact on the champion scorecard's integer points. Without --set: ways made of honest acts and
    of time, the fastest first; friends and purchases are never advised.

    Parameters
    ----------
    person
        The person's id, as the logs write it.
    set_values
        feature=value, or feature=missing; may be repeated.
    as_of
        A published date (2026-10-31), a month (2026-10: its last published date), or latest.
    data
        The data directory.
    output_format
        A table for people; one json object; or the changed features, or steps, as csv.
    """
    from plainscore.show.person import explain, parse_values, recourse, require_scored
    from plainscore.show.person import what_if as answer
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        record = require_scored(explain(snapshots, person, snapshots.day(as_of)))
    if set_values:
        _print_answer(answer(record, parse_values(set_values, record.card)), output_format)
    else:
        _print_recourse(recourse(record), output_format)
    return 0


def _print_answer(answer: dict[str, Any], output_format: Literal["table", "json", "csv"]) -> None:
    from plainscore.cli.row_output import print_rows
    from plainscore.common.text import printable

    if output_format == "json":
        _print_json(answer)
        return
    if output_format == "table":
        change = answer["score_then"] - answer["score_now"]
        print(
            f"{printable(answer['person_id'])}: {answer['score_now']} {answer['band_now']} -> "
            f"{answer['score_then']} {answer['band_then']} ({change:+d})   "
            f"as of {answer['as_of_date']}, scorecard {answer['scorecard']}"
        )
    columns = ("feature", "value_now", "value_then", "points_now", "points_then")
    print_rows(columns, [[one[c] for c in columns] for one in answer["features"]], output_format)
    if output_format == "table":
        for name in ("opens", "closes"):
            if answer[name]:
                print(f"{name}: {', '.join(map(printable, answer[name]))}")
        print(ALL_ELSE_EQUAL)


def _print_recourse(found: dict[str, Any], output_format: Literal["table", "json", "csv"]) -> None:
    from plainscore.cli.row_output import print_rows

    if output_format == "json":
        _print_json(found)
    elif output_format == "csv":
        print_rows(STEP_COLUMNS, list(_step_rows(found)), output_format)
    else:
        _print_ways(found)


def _print_ways(found: dict[str, Any]) -> None:
    from plainscore.common.text import printable
    from plainscore.show.terminal import next_band_lines

    print(
        f"{printable(found['person_id'])}: {found['score']} {found['band']}   "
        f"as of {found['as_of_date']}, scorecard {found['scorecard']}"
    )
    if found["at_least"] is None:
        print("there is no higher band")
        return
    upward = {
        "band": found["next_band"],
        "at_least": found["at_least"],
        "points_missing": found["at_least"] - found["score"],
        "ways": found["ways"],
    }
    first, *lines = next_band_lines(upward)
    print(first)
    for line in lines:
        is_way = upward["ways"] and not line.startswith(" ")
        print(f"\n{line}" if is_way else line)
    print(f"\n{ALL_ELSE_EQUAL}")


def _step_rows(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (way["days"], kind, *(step[name] for name in ("feature", "goal", "points_gained", "act")),
         way["score_then"])
        for way in found["ways"]
        for kind, steps in (("act", way["acts"]), ("waiting", way["waiting"]))
        for step in steps
    ]  # fmt: skip


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=sys.stdout.isatty(), indent=1))
