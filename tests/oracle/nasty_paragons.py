"""Six friends without a flaw, each worth 950 points, and how they fall short by a little."""

from collections.abc import Callable
from itertools import combinations

from tests.oracle.nasty_bills import issue, pay
from tests.oracle.nasty_friendships import friend_of
from tests.oracle.nasty_purchases import buy
from tests.oracle.nasty_services import end, start
from tests.oracle.nasty_writer import WorldWriter
from tests.oracle.personal_information import CONTACT_KINDS, VERIFIABLE_KINDS

PARAGONS = tuple(f"paragon {number}" for number in range(6))


def circle_of_paragons(w: WorldWriter) -> None:
    """All six; in half of the worlds the n-th lacks up to n of the PARTS of a flawless life."""
    is_flawless = w.chance(0.5)
    for number, who in enumerate(PARAGONS):
        w.happen("profile", "opened", who, 1100)
        w.happen("profile", "verified", who, 400, field="national_id")
        for ago in (100, 130, 160):
            _paid_early(w, who, "utility", ago)
        missing = [] if is_flawless else w.rng.choices(range(len(PARTS)), k=number)
        for index, part_of_life in enumerate(PARTS):
            if index not in missing:
                part_of_life(w, who)
    for one, other in combinations(PARAGONS, 2):
        friend_of(w, one, other, 12, 400)


def _paid_early(w: WorldWriter, who: str, bill_type: str, due_ago: int) -> None:
    bill_id = issue(w, who, bill_type, 5000, due_ago, balance=10, credit_limit=100)
    pay(w, who, bill_id, 5000, due_ago + 4)


def _repays(w: WorldWriter, who: str) -> None:
    for due_ago in (1500, *range(25, 361, 14)):
        _paid_early(w, who, "card", due_ago)


def _keeps_house(w: WorldWriter, who: str) -> None:
    for month in range(6):
        _paid_early(w, who, "rent", 30 * month + 22)


def _pays_instalments(w: WorldWriter, who: str) -> None:
    _paid_early(w, who, "instalment", 50)


def _shops(w: WorldWriter, who: str) -> None:
    for month in range(13):
        buy(w, who, 30 * month + 25, 700, category=f"c{month % 6}", is_own_name=True)


def _saves(w: WorldWriter, who: str) -> None:
    for month in range(12):
        w.happen("payment", "deposit", who, 30 * month + 25, amount_cents=100)


def _gives(w: WorldWriter, who: str) -> None:
    for ago in (25, 300):
        w.happen("payment", "transfer", who, ago, counterparty_id="parents", amount_cents=100)


def _returns_things(w: WorldWriter, who: str) -> None:
    for ago in range(30, 151, 20):
        end(w, who, start(w, who, ago - 1), ago)


def _shows_papers(w: WorldWriter, who: str) -> None:
    for kind in VERIFIABLE_KINDS:
        value_hash = f"{who}'s {kind}" if kind in CONTACT_KINDS else None
        w.happen("profile", "verified", who, 390, field=kind, value_hash=value_hash)


PARTS: tuple[Callable[[WorldWriter, str], None], ...] = (
    _repays,
    _keeps_house,
    _pays_instalments,
    _shops,
    _saves,
    _gives,
    _returns_things,
    _shows_papers,
)
