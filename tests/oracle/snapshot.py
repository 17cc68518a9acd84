"""The whole method on a list of accepted events: one result for each person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tests.oracle.credit_history import credit_history
from tests.oracle.eligibility import not_scored_code
from tests.oracle.events import Event, Value, events_by_person, known_events
from tests.oracle.performance_reliability import performance_reliability
from tests.oracle.personal_information import identity_conflicts, personal_information
from tests.oracle.purchase_behaviour import purchase_behaviour
from tests.oracle.score import (
    BASE,
    FEATURES,
    FRIEND_RELIABILITY,
    Reason,
    all_points,
    band_of,
    factor_points,
    own_points,
    reasons_of,
)
from tests.oracle.social_connections import friend_reliability, live_ties, tie_features


@dataclass(frozen=True)
class PersonResult:
    """What a snapshot says of one person.

    `features` has 32 names in the order of features.csv, None = missing. Of a not-scored person
    `points`, `factors` and `reasons` are empty and score, band, band_no are None.
    """

    person_id: str
    features: dict[str, Value]
    not_scored_code: str | None
    points: dict[str, int]
    factors: dict[str, int]
    score: int | None
    band: str | None
    band_no: int | None
    reasons: tuple[Reason, ...]


def snapshot(events: Iterable[Event], as_of_date: date, known_on: date) -> dict[str, PersonResult]:
    """person_id -> result, for everyone with at least one known event of their own."""
    known = known_events(events, as_of_date, known_on)
    persons = events_by_person(known)
    conflicts = identity_conflicts({who: logs["profile"] for who, logs in persons.items()})
    ties = live_ties([e for e in known if e.log == "friendship"], as_of_date)
    codes = {
        who: not_scored_code(logs["profile"], logs["payment"], as_of_date)
        for who, logs in persons.items()
    }
    scored = [who for who, code in codes.items() if code is None]

    features: dict[str, dict[str, Value]] = {}
    for who, logs in persons.items():
        features[who] = {
            **credit_history(logs["payment"], as_of_date),
            **purchase_behaviour(logs["purchase"], logs["payment"], as_of_date),
            **performance_reliability(logs["payment"], logs["service"], as_of_date),
            **personal_information(logs["profile"], logs["purchase"], conflicts[who], as_of_date),
            **tie_features(ties.get(who, []), scored),
        }

    own = {who: own_points(features[who]) for who in scored}
    results: dict[str, PersonResult] = {}
    for who, code in codes.items():
        if code is not None:
            results[who] = _not_scored(who, features[who], code)
            continue
        x = friend_reliability(who, ties.get(who, []), own)
        with_friends = _in_card_order({**features[who], FRIEND_RELIABILITY: float(x)})
        results[who] = _scored(who, with_friends, all_points(with_friends, x))
    return results


def _in_card_order(features: Mapping[str, Value]) -> dict[str, Value]:
    assert set(features) == set(FEATURES)
    return {name: features[name] for name in FEATURES}


def _not_scored(person_id: str, features: Mapping[str, Value], code: str) -> PersonResult:
    without_friends = _in_card_order({**features, FRIEND_RELIABILITY: None})
    return PersonResult(person_id, without_friends, code, {}, {}, None, None, None, ())


def _scored(person_id: str, features: dict[str, Value], points: dict[str, int]) -> PersonResult:
    score = BASE + sum(points.values())
    band_no, band = band_of(score)
    return PersonResult(
        person_id=person_id,
        features=features,
        not_scored_code=None,
        points=points,
        factors=factor_points(points),
        score=score,
        band=band,
        band_no=band_no,
        reasons=reasons_of(features, points),
    )
