"""Small worlds in which every boundary of the method is stood upon; the same seed, the same world.

Half of the people are calm: each walks up to one edge of one bin of each factor and nothing of
theirs arrives late. The others are chaotic: many awkward events, some of them late.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from tests.oracle.events import Event
from tests.oracle.nasty_bills import chaotic_bills
from tests.oracle.nasty_credit_edges import CREDIT_EDGES, HOUSEHOLD_EDGES, MONEY_EDGES
from tests.oracle.nasty_friendships import tangle
from tests.oracle.nasty_paragons import circle_of_paragons
from tests.oracle.nasty_profiles import PROFILE_EDGES, chaotic_profile, just_not_scored, settle_down
from tests.oracle.nasty_purchases import PURCHASE_EDGES, chaotic_purchases
from tests.oracle.nasty_services import SERVICE_EDGES, chaotic_services
from tests.oracle.nasty_writer import NASTY_PEOPLE, WorldWriter

AS_OF_DATE = date(2024, 3, 31)
KNOWN_AFTER = (0, 0, 31, 1, -1, -20)
LATE_SHARE = 0.08


@dataclass(frozen=True)
class NastyWorld:
    """Accepted events in no particular order, and the two clocks they are to be judged at."""

    events: tuple[Event, ...]
    as_of_date: date
    known_on: date


def nasty_world(seed: int, without_log: str | None = None) -> NastyWorld:
    """The world of a seed: 20 to 120 people and six paragons; `without_log` leaves one log out.

    Six seeds in a row have known_on on, after and before the as_of_date.
    """
    rng = random.Random(seed)
    known_on = AS_OF_DATE + timedelta(days=KNOWN_AFTER[seed % len(KNOWN_AFTER)])
    w = WorldWriter(rng, AS_OF_DATE, known_on)
    people = _people(rng, rng.randint(20, 120))
    for person_id in people:
        stranger = rng.choice([other for other in people if other != person_id])
        _live(w, person_id, stranger)
    w.late_share = LATE_SHARE
    tangle(w, people)
    w.late_share = 0.0
    circle_of_paragons(w)
    _keep_feeds_alive(w)
    events = [event for event in w.events if event.log != without_log]
    rng.shuffle(events)
    return NastyWorld(tuple(events), AS_OF_DATE, known_on)


def _people(rng: random.Random, count: int) -> list[str]:
    odd = rng.sample(NASTY_PEOPLE, min(count // 2, len(NASTY_PEOPLE)))
    plain = [f"person {number}" for number in range(count - len(odd))]
    return rng.sample(odd + plain, count)


def _live(w: WorldWriter, who: str, stranger: str) -> None:
    way = w.rng.choices(("calm", "chaotic", "edge of being scored", "one log only"), (9, 8, 3, 1))
    match way[0]:
        case "calm":
            w.late_share = 0.0
            settle_down(w, who)
            _walk_to_edges(w, who)
        case "chaotic":
            w.late_share = LATE_SHARE
            settle_down(w, who)
            chaotic_profile(w, who)
            chaotic_bills(w, who, stranger)
            chaotic_purchases(w, who, stranger)
            chaotic_services(w, who, stranger)
        case "edge of being scored":
            w.late_share = LATE_SHARE
            just_not_scored(w, who)
        case _:
            w.late_share = 0.0
            w.rng.choice((chaotic_bills, chaotic_purchases, chaotic_services))(w, who, stranger)


def _walk_to_edges(w: WorldWriter, who: str) -> None:
    one_of_each = (CREDIT_EDGES, HOUSEHOLD_EDGES, PURCHASE_EDGES, SERVICE_EDGES, PROFILE_EDGES)
    for plots in one_of_each:
        if w.chance(0.9):
            w.in_turn(plots)(w, who)
    for plot in MONEY_EDGES:
        if w.chance(0.5):
            plot(w, who)


def _keep_feeds_alive(w: WorldWriter) -> None:
    """Something arrives in every log up to known_on, so that no feed seems to have stopped."""
    for arrived in [day for day in w.arrival_days if day <= w.known_on][-5:]:
        ago = (w.as_of_date - arrived).days
        at = partial(w.happen, person_id="pulse", ago=ago, arrived=arrived)
        at("profile", "changed", field="education")
        at("purchase", "refund", order_id="unknown", amount_cents=1)
        at("payment", "deposit", amount_cents=100)
        at("service", "ended", agreement_id="unknown")
        at("friendship", "added", friend_id="no one 9")
