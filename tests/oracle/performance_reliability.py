"""The six features of the factor performance_reliability, of one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.oracle.bills import Bill, all_bills, obligations
from tests.oracle.credit_history import on_time_share
from tests.oracle.events import (
    Event,
    Value,
    days_between,
    first_by_id,
    in_days_before_those,
    in_last_days,
    lower_median,
    share,
)


@dataclass(frozen=True)
class Agreement:
    """One known credit service at the as_of_date.

    `ended` is its first end. `breach` is its one breach, None where there is none by then.
    """

    due_date: date
    ended: date | None
    breach: date | None

    @property
    def is_fulfilled(self) -> bool:
        """Ended in time and never breached."""
        return self.ended is not None and self.ended <= self.due_date and self.breach is None


def agreements_of(service_log: Sequence[Event], as_of_date: date) -> list[Agreement]:
    """Every agreement of one person whose `started` is known."""
    agreements = []
    for agreement_id, started in first_by_id(service_log, "started", "agreement_id").items():
        due_date = started.day("due_date")
        ends = _dates(service_log, agreement_id, "ended")
        ended = ends[0] if ends else None
        breach_days = _dates(service_log, agreement_id, "breached")
        if ended is not None and ended > due_date:
            breach_days.append(ended)
        if ended is None or ended > due_date + timedelta(days=30):
            breach_days.append(due_date + timedelta(days=31))
        by_now = [day for day in breach_days if day <= as_of_date]
        agreements.append(Agreement(due_date, ended, min(by_now) if by_now else None))
    return agreements


def _dates(service_log: Sequence[Event], agreement_id: str, event_type: str) -> list[date]:
    return [
        e.event_date
        for e in service_log
        if e.event_type == event_type and e.text("agreement_id") == agreement_id
    ]


def performance_reliability(
    payment_log: Sequence[Event], service_log: Sequence[Event], as_of_date: date
) -> dict[str, Value]:
    """Features by name; both logs are the person's own known events, in order."""
    bills = obligations(payment_log)
    agreements = agreements_of(service_log, as_of_date)
    return {
        "instalment_on_time_share": on_time_share(
            [b for b in bills if b.bill_type == "instalment"], as_of_date
        ),
        "services_fulfilled": _services_fulfilled(agreements, as_of_date),
        "service_breaches": _service_breaches(agreements, as_of_date),
        "utilisation": _utilisation(all_bills(payment_log), as_of_date),
        "paid_to_due": _paid_to_due(bills, as_of_date),
        "median_days_early": _median_days_early(bills, as_of_date),
    }


def _services_fulfilled(agreements: Sequence[Agreement], as_of_date: date) -> int | None:
    if not agreements:
        return None
    ended_in_window = [
        a
        for a in agreements
        if a.is_fulfilled and a.ended is not None and in_last_days(a.ended, as_of_date, 365)
    ]
    return len(ended_in_window)


def _service_breaches(agreements: Sequence[Agreement], as_of_date: date) -> int | None:
    if not agreements:
        return None
    half_breaches = 0
    for agreement in agreements:
        if agreement.breach is None:
            continue
        if in_last_days(agreement.breach, as_of_date, 365):
            half_breaches += 2
        elif in_days_before_those(agreement.breach, as_of_date, 365, 365):
            half_breaches += 1
    return half_breaches


def _utilisation(bills: Sequence[Bill], as_of_date: date) -> float | None:
    """Bills of amount 0 take part here; a balance of 0 is a balance."""
    used: list[tuple[Bill, int]] = []
    for bill in bills:
        if bill.bill_type != "card" or not in_last_days(bill.issued.date(), as_of_date, 120):
            continue
        if bill.balance is None or bill.credit_limit is None or bill.credit_limit == 0:
            continue
        millionths = bill.balance * 1_000_000 // bill.credit_limit
        used.append((bill, min(millionths, 2_000_000)))
    used.sort(key=lambda row: row[0].bill_id.encode("utf-8"))
    used.sort(key=lambda row: row[0].issued, reverse=True)
    newest = [millionths for _bill, millionths in used[:3]]
    return share(sum(newest), 1_000_000 * len(newest))


def _paid_to_due(bills: Sequence[Bill], as_of_date: date) -> float | None:
    due = [b for b in bills if in_last_days(b.due_date, as_of_date, 90)]
    return share(sum(b.reported_paid() for b in due), sum(b.amount for b in due))


def _median_days_early(bills: Sequence[Bill], as_of_date: date) -> int | None:
    return lower_median(
        days_between(b.paid_date, b.due_date)
        for b in bills
        if b.paid_date is not None and in_last_days(b.paid_date, as_of_date, 180)
    )
