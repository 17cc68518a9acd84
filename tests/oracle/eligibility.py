"""method.md "Who is scored": the first of N1-N5 that applies."""

from collections.abc import Sequence
from datetime import date

from tests.oracle.bills import obligations
from tests.oracle.events import Event, days_between, in_last_days
from tests.oracle.personal_information import is_verified, opened_date


def not_scored_code(
    profile_log: Sequence[Event], payment_log: Sequence[Event], as_of_date: date
) -> str | None:
    """None for a scored person; logs are the person's own known events, in order."""
    opened = opened_date(profile_log)
    if opened is None or days_between(opened, as_of_date) < 180:
        return "N1"
    paid_dates = [b.paid_date for b in obligations(payment_log) if b.paid_date is not None]
    if len([day for day in paid_dates if in_last_days(day, as_of_date, 365)]) < 3:
        return "N2"
    if not any(in_last_days(e.event_date, as_of_date, 180) for e in payment_log):
        return "N3"
    if not is_verified(profile_log, "national_id"):
        return "N4"
    freezes = [e.event_type for e in profile_log if e.event_type in ("frozen", "unfrozen")]
    if freezes and freezes[-1] == "frozen":
        return "N5"
    return None
