"""How `backfill` and `restate` tell what became of many dates."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plainscore.runs.schedule import DatesOutcome

CURRENT, PUBLISHED, FAILED = "current", "published", "failed"


def tell_outcome(outcome: "DatesOutcome", output_format: str) -> int:
    """Print one line per date, tell on stderr what failed, and return the exit code."""
    rows = _rows(outcome)
    if output_format == "json":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        for row in rows:
            print("  ".join(row[name] for name in row if name != "reason"))
        print(_counts(rows))
    _tell_warnings(outcome)
    if outcome.failed:
        _tell_failed(outcome)
    return outcome.exit_code


def _rows(outcome: "DatesOutcome") -> list[dict[str, str]]:
    rows = [
        {
            "as_of_date": str(done.run.dates.as_of_date),
            "known_on": str(done.run.dates.known_on),
            "outcome": PUBLISHED if done.is_new else CURRENT,
            "run": done.run.name,
        }
        for done in outcome.done
    ]
    rows += [
        {
            "as_of_date": str(dates.as_of_date),
            "known_on": str(dates.known_on),
            "outcome": FAILED,
            "reason": reason,
        }
        for dates, reason in outcome.failed.items()
    ]
    return sorted(rows, key=lambda row: (row["as_of_date"], row["known_on"]))


def _counts(rows: list[dict[str, str]]) -> str:
    counts = {
        word: sum(row["outcome"] == word for row in rows) for word in (PUBLISHED, CURRENT, FAILED)
    }
    if counts[CURRENT] == len(rows):
        return f"nothing to do: all {len(rows)} are published and current"
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _tell_warnings(outcome: "DatesOutcome") -> None:
    from plainscore.cli.refused_files import tell_refused

    reports: list[Any] = [done.report for done in outcome.done[:1]]
    for report in reports:
        tell_refused(report.refused, report.warnings)


def _tell_failed(outcome: "DatesOutcome") -> None:
    from plainscore.cli.refused_files import printable
    from plainscore.runs.json_log import say

    total = len(outcome.failed) + len(outcome.done)
    told = [f"{len(outcome.failed)} of {total} dates failed:"]
    for dates, reason in outcome.failed.items():
        lines = [printable(line) for line in reason.splitlines()]
        told.append(f"  {dates.as_of_date}: " + "\n    ".join(lines))
    say("\n".join(told))
    say("the rest is done; fix that and run it again")
