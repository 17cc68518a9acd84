"""What a check found, and when that stops a run."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from plainscore.common.errors import ChecksRefused

Level = Literal["fail", "warn"]
Outcome = Literal["passed", "failed", "warned", "error"]
SHOWN_REFUSALS = 3


class CheckResult(NamedTuple):
    """One check of one table (or one assertion) in one run.

    ``failed_count`` is the number of rows that break it. ``examples`` is a JSON list of a few of
    them, people by their person_id; for a check that could not run, a list of the one error.
    """

    stage: str
    table_name: str
    check_name: str
    level: Level
    outcome: Outcome
    failed_count: int
    examples: str

    @property
    def is_critical(self) -> bool:
        """Whether this result alone keeps the snapshot from being published."""
        return self.outcome in ("failed", "error")


def counted(
    stage: str, table_name: str, check_name: str, level: Level, failed_count: int, examples: str
) -> CheckResult:
    """Return the result of a check that ran: passed, or failed / warned by its level."""
    outcome: Outcome = "passed"
    if failed_count:
        outcome = "failed" if level == "fail" else "warned"
    return CheckResult(stage, table_name, check_name, level, outcome, failed_count, examples)


def errored(stage: str, table_name: str, check_name: str, examples: str) -> CheckResult:
    """Return the result of a check that could not run: a failure, whatever its level is."""
    return CheckResult(stage, table_name, check_name, "fail", "error", 0, examples)


def refuse_if_critical(results: Iterable[CheckResult]) -> None:
    """Raise ChecksRefused where a check failed or could not run; warnings pass.

    The message names the first few by table, check and count (in full also with examples), and
    counts the rest.
    """
    critical = [result for result in results if result.is_critical]
    if not critical:
        return
    checks = "a check" if len(critical) == 1 else f"{len(critical)} checks"
    head = f"{checks} of {critical[0].stage} failed, so nothing was published"
    short, in_full = [head], [head]
    for result in critical[:SHOWN_REFUSALS]:
        is_error = result.outcome == "error"
        rows = "row" if result.failed_count == 1 else "rows"
        found = "the check could not run" if is_error else f"{result.failed_count} {rows}"
        short.append(f"{result.table_name}: {result.check_name}: {found}")
        in_full.append(f"{short[-1]}, {'' if is_error else 'such as '}{result.examples}")
    left = len(critical) - SHOWN_REFUSALS
    rest = [f"and {left} more"] if left > 0 else []
    raise ChecksRefused("\n".join(short + rest), in_full="\n".join(in_full + rest))
