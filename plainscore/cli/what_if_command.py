"""`plainscore what-if`: another value, another score; or the honest ways to the next band."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.show.recourse import Recourse, Step
    from plainscore.show.what_if import WhatIf

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
    from plainscore.show.record import read_record
    from plainscore.show.recourse import recourse
    from plainscore.show.snapshots import open_snapshots
    from plainscore.show.what_if import read_values
    from plainscore.show.what_if import what_if as answer

    with open_snapshots(data) as snapshots:
        record = read_record(snapshots, person, snapshots.day(as_of))
        if set_values:
            _print_answer(answer(snapshots, record, read_values(set_values, record)), output_format)
        else:
            _print_recourse(recourse(snapshots, record), output_format)
    return 0


def _print_answer(told: "WhatIf", output_format: Literal["table", "json", "csv"]) -> None:
    from plainscore.cli.row_output import print_rows
    from plainscore.common.text import printable

    if output_format == "json":
        _print_json(asdict(told))
        return
    if output_format == "table":
        print(
            f"{printable(told.person_id)}: {told.score_now} {told.band_now} -> "
            f"{told.score_then} {told.band_then} ({told.score_then - told.score_now:+d})   "
            f"as of {told.as_of_date}, scorecard {told.scorecard}"
        )
    columns = ("feature", "value_now", "value_then", "points_now", "points_then")
    print_rows(columns, [[getattr(one, c) for c in columns] for one in told.features],
               output_format)  # fmt: skip
    if output_format == "table":
        for name, benefits in (("opens", told.opens), ("closes", told.closes)):
            if benefits:
                print(f"{name}: {', '.join(map(printable, benefits))}")
        print(ALL_ELSE_EQUAL)


def _print_recourse(told: "Recourse", output_format: Literal["table", "json", "csv"]) -> None:
    from plainscore.cli.row_output import print_rows

    if output_format == "json":
        _print_json(_recourse_as_json(told))
        return
    if output_format == "csv":
        print_rows(STEP_COLUMNS, list(_step_rows(told)), output_format)
        return
    _print_ways(told)


def _print_ways(told: "Recourse") -> None:
    from plainscore.common.text import printable

    record = told.record
    print(
        f"{printable(record.person_id)}: {record.score} {record.band}   "
        f"as of {record.as_of_date}, scorecard {record.scorecard}"
    )
    if told.at_least is None:
        print("there is no higher band")
        return
    missing = told.at_least - record.score
    points = "point" if missing == 1 else "points"
    print(f"{missing} {points} to {told.band} (from {told.at_least})")
    if not told.ways:
        print("honest acts and time alone do not lead there, all else equal")
    for way in told.ways:
        when = "at once" if way.days == 0 else f"within {way.days:,} days"
        print(f"\n{when}, {_counted(len(way.acts))}: {way.score_then}")
        for step in way.acts:
            print(f"  {_sentence(step)}: {step.act}")
        for step in way.waiting:
            print(f"  {_sentence(step)} by waiting ({step.act})")
    print(f"\n{ALL_ELSE_EQUAL}")


def _counted(acts: int) -> str:
    return {0: "by waiting alone", 1: "one act"}.get(acts, f"{acts} acts")


def _sentence(step: "Step") -> str:
    return f"+{step.points_gained:<3} {step.feature} {step.goal}"


def _step_rows(told: "Recourse") -> list[tuple[Any, ...]]:
    return [
        (way.days, kind, step.feature, step.goal, step.points_gained, step.act, way.score_then)
        for way in told.ways
        for kind, steps in (("act", way.acts), ("waiting", way.waiting))
        for step in steps
    ]


def _recourse_as_json(told: "Recourse") -> dict[str, Any]:
    record = told.record
    return {
        "person_id": record.person_id,
        "as_of_date": record.as_of_date,
        "known_on": record.known_on,
        "scorecard": record.scorecard,
        "score": record.score,
        "band": record.band,
        "next_band": told.band,
        "at_least": told.at_least,
        "ways": [asdict(way) for way in told.ways],
    }


def _print_json(told: dict[str, Any]) -> None:
    from plainscore.cli.row_output import json_value

    print(json.dumps(json_value(told), ensure_ascii=sys.stdout.isatty(), indent=1))
