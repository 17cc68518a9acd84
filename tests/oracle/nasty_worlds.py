"""Small worlds in which every boundary of the method is stood upon; the same seed, the same world.

Half of the people are calm: each walks up to one edge of one bin of each factor and nothing of
theirs arrives late. The others are chaotic: many awkward events, some of them late.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

from tests.oracle.events import Event
from tests.oracle.factors import CONTACT_KINDS, VERIFIABLE_KINDS
from tests.oracle.nasty_amounts import AMOUNT_EDGES
from tests.oracle.nasty_plots import (
    CREDIT_EDGES,
    HOUSEHOLD_EDGES,
    MONEY_EDGES,
    PROFILE_EDGES,
    PURCHASE_EDGES,
    SERVICE_EDGES,
    bills_of_no_known_amount,
    chaotic_bills,
    chaotic_profile,
    chaotic_purchases,
    chaotic_services,
    income_and_balance,
    just_not_scored,
    refunds_of_merchants,
    settle_down,
    tangle,
)
from tests.oracle.nasty_writer import NASTY_PEOPLE, Plot, Writer, arrival_days

AS_OF_DATE = date(2024, 3, 31)
KNOWN_AFTER = (0, 0, 31, 1, -1, -20)
LATE_SHARE = 0.08
PARAGONS = tuple(f"paragon {number}" for number in range(6))


@dataclass(frozen=True)
class NastyWorld:
    """Accepted events in no particular order, and the two clocks they are to be judged at."""

    events: tuple[Event, ...]
    as_of_date: date
    known_on: date


def nasty_world(seed: int, without_log: str | None = None) -> NastyWorld:
    """The world of a seed: 20 to 120 people and six paragons; ``without_log`` leaves one log out.

    Six seeds in a row have known_on on, after and before the as_of_date.
    """
    rng = random.Random(seed)
    known_on = AS_OF_DATE + timedelta(days=KNOWN_AFTER[seed % len(KNOWN_AFTER)])
    w = Writer(rng, AS_OF_DATE, known_on)
    people = _people(rng, rng.randint(20, 120))
    for person_id in people:
        stranger = rng.choice([other for other in people if other != person_id])
        _live(w.of(person_id), stranger)
    tangle(w.of("", LATE_SHARE), people)
    _circle_of_paragons(w)
    for person_id in (*people, "of odd bills", "of odd refunds", "of odd money"):
        _odd_events(replace(w.of(person_id, LATE_SHARE), rng=random.Random(f"{seed} {person_id}")))
    _keep_feeds_alive(w.of("pulse"))
    counting = replace(w, rng=random.Random(f"amounts {seed}"))
    for number in range(2 * len(AMOUNT_EDGES)):
        _count_amounts(counting.of(f"counter {number}"), number % len(AMOUNT_EDGES))
    events = [event for event in w.events if event.log != without_log]
    rng.shuffle(events)
    return NastyWorld(tuple(events), AS_OF_DATE, known_on)


def _people(rng: random.Random, count: int) -> list[str]:
    odd = rng.sample(NASTY_PEOPLE, min(count // 2, len(NASTY_PEOPLE)))
    plain = [f"person {number}" for number in range(count - len(odd))]
    return rng.sample(odd + plain, count)


def _live(w: Writer, stranger: str) -> None:
    late = w.of(w.who, LATE_SHARE)
    way = w.rng.choices(("calm", "chaotic", "edge of being scored", "one log only"), (9, 8, 3, 1))
    match way[0]:
        case "calm":
            settle_down(w)
            _walk_to_edges(w)
        case "chaotic":
            settle_down(late)
            chaotic_profile(late)
            for plot in (chaotic_bills, chaotic_purchases, chaotic_services):
                plot(late, stranger)
        case "edge of being scored":
            just_not_scored(late)
        case _:
            w.rng.choice((chaotic_bills, chaotic_purchases, chaotic_services))(w, stranger)


def _count_amounts(w: Writer, first: int) -> None:
    """One plot at an edge of amounts, half of the time with others."""
    also_share = w.rng.choice((0, 0.4))
    for number, plot in enumerate(AMOUNT_EDGES):
        if number == first or w.chance(also_share):
            plot(w)


def _odd_events(w: Writer) -> None:
    """Some people have bills without an amount, refunds without an order, income and balances."""
    for plot in (bills_of_no_known_amount, refunds_of_merchants, income_and_balance):
        if w.chance(0.9 if w.who.startswith("of odd") else 0.15):
            plot(w)


def _walk_to_edges(w: Writer) -> None:
    one_of_each = (CREDIT_EDGES, HOUSEHOLD_EDGES, PURCHASE_EDGES, SERVICE_EDGES, PROFILE_EDGES)
    for plots in one_of_each:
        if w.chance(0.9):
            w.in_turn(plots)(w)
    for plot in MONEY_EDGES:
        if w.chance(0.5):
            plot(w)


def _keep_feeds_alive(w: Writer) -> None:
    """Something arrives in every log up to known_on, so that no feed seems to have stopped."""
    days = arrival_days(w.as_of_date, w.known_on)
    for day in [day for day in days if day <= w.known_on][-5:]:
        ago = (w.as_of_date - day).days
        w.happen("changed", ago, arrived=day, field="education")
        w.happen("refund", ago, arrived=day, order_id="unknown", amount_cents=1)
        w.happen("deposit", ago, arrived=day, amount_cents=100)
        w.happen("ended", ago, arrived=day, agreement_id="unknown")
        w.happen("added", ago, arrived=day, friend_id="no one 9")


def _circle_of_paragons(w: Writer) -> None:
    """Six friends without a flaw, each worth 950 points.

    In half of the worlds the n-th lacks up to n of the PARTS of a flawless life.
    """
    is_flawless = w.chance(0.5)
    for number, who in enumerate(PARAGONS):
        one = w.of(who)
        one.happen("opened", 1100)
        one.happen("verified", 400, field="national_id")
        for ago in (100, 130, 160):
            _paid_early(one, "utility", ago)
        missing = [] if is_flawless else w.rng.choices(range(len(PARTS)), k=number)
        for index, part_of_life in enumerate(PARTS):
            if index not in missing:
                part_of_life(one)
    for who, other in combinations(PARAGONS, 2):
        w.of(who).friend_of(other, 12, 400)


def _paid_early(w: Writer, bill_type: str, due_ago: int) -> None:
    bill_id = w.bill(bill_type, 5000, due_ago, balance_cents=10, credit_limit_cents=100)
    w.pay(bill_id, 5000, due_ago + 4)


def _repays(w: Writer) -> None:
    for due_ago in (1500, *range(25, 361, 14)):
        _paid_early(w, "card", due_ago)


def _keeps_house(w: Writer) -> None:
    for month in range(6):
        _paid_early(w, "rent", 30 * month + 22)


def _pays_instalments(w: Writer) -> None:
    _paid_early(w, "instalment", 50)


def _shops(w: Writer) -> None:
    for month in range(13):
        w.buy(30 * month + 25, 700, category=f"c{month % 6}", is_own_name=True)


def _saves(w: Writer) -> None:
    for month in range(12):
        w.happen("deposit", 30 * month + 25, amount_cents=100)


def _gives(w: Writer) -> None:
    for ago in (25, 300):
        w.happen("transfer", ago, counterparty_id="parents", amount_cents=100)


def _returns_things(w: Writer) -> None:
    for ago in range(30, 151, 20):
        w.end(w.start(ago - 1), ago)


def _shows_papers(w: Writer) -> None:
    for kind in VERIFIABLE_KINDS:
        value_hash = f"{w.who}'s {kind}" if kind in CONTACT_KINDS else None
        w.happen("verified", 390, field=kind, value_hash=value_hash)


PARTS: tuple[Plot, ...] = (
    _repays, _keeps_house, _pays_instalments, _shops, _saves, _gives, _returns_things,
    _shows_papers,
)  # fmt: skip
