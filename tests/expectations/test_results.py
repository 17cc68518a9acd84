"""What a refusal says: the table, the check, the count and a few examples, and no more."""

import pytest

from plainscore.checks.results import CheckResult, refuse_if_critical
from plainscore.common.errors import ChecksRefused


def test_a_refusal_names_table_check_count_and_examples() -> None:
    failed = CheckResult(
        "staging", "staging.rent", "month lies within 1..12", "fail", "failed", 2, '[{"month": 13}]'
    )
    with pytest.raises(ChecksRefused) as refusal:
        refuse_if_critical([failed])
    assert refusal.value.exit_code == 3
    assert refusal.value.in_full.splitlines() == [
        "a check of staging failed, so nothing was published",
        'staging.rent: month lies within 1..12: 2 rows, such as [{"month": 13}]',
    ]


def test_what_schedulers_keep_of_a_refusal_names_no_one() -> None:
    failed = CheckResult("raw", "raw.bill", "odd", "fail", "failed", 1, '[{"person_id": "anna"}]')
    with pytest.raises(ChecksRefused) as refusal:
        refuse_if_critical([failed])
    assert "anna" in refusal.value.in_full
    assert str(refusal.value).splitlines()[1] == "raw.bill: odd: 1 row"


def test_a_refusal_stays_short() -> None:
    failed = CheckResult("staging", "staging.rent", "odd", "fail", "failed", 1, "[]")
    with pytest.raises(ChecksRefused) as refusal:
        refuse_if_critical([failed] * 9)
    assert len(str(refusal.value).splitlines()) == 5
    assert str(refusal.value).endswith("and 6 more")
