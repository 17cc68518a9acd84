"""Refunds that name a merchant, held against a pile of purchases that is taken from one by one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.worked_example import WorkedExample, disagreements

D = date(2026, 1, 31)
AMOUNTS = st.sampled_from((0, 1, 2, 5, 10**12))


@dataclass(frozen=True)
class Movement:
    """A purchase or a refund of a merchant; refunds of one moment follow its purchases."""

    moment: int
    is_refund: bool
    place: int
    cents: int

    @property
    def event_id(self) -> str:
        return f"{'m' if self.is_refund else 'p'}{self.place:02}"


MOVEMENTS = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), AMOUNTS), min_size=1, max_size=12
).map(lambda found: [Movement(*one[:2], at, one[2]) for at, one in enumerate(found)])


def taken_one_by_one(movements: list[Movement]) -> dict[str, int]:
    """event_id -> what was taken back of the purchase, or by the refund."""
    pile: list[Movement] = []
    taken = {one.event_id: 0 for one in movements}
    for one in sorted(movements, key=lambda one: (one.moment, one.is_refund, one.place)):
        if not one.is_refund:
            pile.append(one)
            continue
        for bought in reversed(pile):
            part = min(one.cents - taken[one.event_id], bought.cents - taken[bought.event_id])
            taken[bought.event_id] += part
            taken[one.event_id] += part
    return taken


@settings(max_examples=60, deadline=None)
@given(MOVEMENTS)
def test_refunds_take_the_newest_purchases_first(movements: list[Movement]) -> None:
    lines = []
    for one in movements:
        moment = datetime(2026, 1, 1) + timedelta(hours=one.moment)
        kind, cents = ("refund", -one.cents) if one.is_refund else ("purchase", one.cents)
        order_id = "-" if one.is_refund else f"o{one.place:02}"
        lines.append(
            f"| {one.event_id} | {kind} | {moment:%Y-%m-%d %H:%M} | {order_id} | {cents} |"
        )
    taken = taken_one_by_one(movements)
    wanted = "\n".join(f"| {name} | {cents} |" for name, cents in taken.items())
    body = (
        "given staging.merchant_movement\n\n"
        "| event_id | event_type | event_time | order_id | change_cents |\n|-|-|-|-|-|\n"
        + "\n".join(lines)
        + f"\n\nthen staging.merchant_refund\n\n| event_id | taken_cents |\n|-|-|\n{wanted}\n"
    )
    assert disagreements(WorkedExample("staging.merchant_refund", "pile", body, D)) == []
