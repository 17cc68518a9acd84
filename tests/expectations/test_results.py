"""What a refusal says: the table, the check, the count and a few examples, and no more."""

import pytest

from plainscore.checks.results import CheckResult, refuse_if_critical
from plainscore.common.errors import ChecksRefused

FAILED = CheckResult("raw", "raw.bill", "odd", "fail", "failed", 2, '[{"person_id": "anna"}]')


def refusal_of(results: list[CheckResult]) -> ChecksRefused:
    with pytest.raises(ChecksRefused) as refusal:
        refuse_if_critical(results)
    return refusal.value


def test_a_refusal_shows_examples_only_in_full() -> None:
    refusal, head = refusal_of([FAILED]), "a check of raw failed, so nothing was published"
    assert refusal.exit_code == 3
    assert refusal.in_full == f"{head}\nraw.bill: odd: 2 rows, such as {FAILED.examples}"
    assert str(refusal) == f"{head}\nraw.bill: odd: 2 rows"


def test_a_refusal_stays_short() -> None:
    refusal = refusal_of([FAILED] * 9)
    assert len(str(refusal).splitlines()) == 5
    assert str(refusal).endswith("and 6 more")
