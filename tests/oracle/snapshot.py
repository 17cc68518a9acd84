"""The whole method on a list of accepted events: one result for each person."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from tests.oracle.events import (
    Event,
    Value,
    days_between,
    events_by_person,
    in_last_days,
    known_events,
    of_type,
)
from tests.oracle.factors import (
    Log,
    credit_history,
    friend_reliability,
    identity_conflicts,
    is_verified,
    live_ties,
    obligations,
    opened_date,
    performance_reliability,
    personal_information,
    purchase_behaviour,
    tie_features,
)
from tests.oracle.material import further_features, paid_months, shared_identities
from tests.oracle.score import (
    BASE,
    FEATURES,
    FRIEND_RELIABILITY,
    Opening,
    Reason,
    ReasonChoice,
    all_points,
    band_of,
    benchmarks,
    factor_points,
    openings,
    own_points,
    reasons_of,
)


@dataclass(frozen=True)
class PersonResult:
    """What a snapshot says of one person.

    ``features`` has 32 names in the order of features.csv, ``further`` those of FURTHER_FEATURES,
    None = missing. Of a not-scored person
    ``points``, ``factors``, ``reasons`` and ``openings`` are empty and score, band and band_no are
    None.
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
    openings: tuple[Opening, ...] = ()
    further: dict[str, Value] = field(default_factory=dict)
    paid_months: int = 0


def not_scored_code(profile_log: Log, payment_log: Log, as_of_date: date) -> str | None:
    """method.md "Who is scored": the first of N1-N5 that applies, None for a scored person."""
    opened = opened_date(profile_log)
    if opened is None or days_between(opened, as_of_date) < 180:
        return "N1"
    paid_dates = [bill.paid_date for bill in obligations(payment_log) if bill.paid_date]
    if len([day for day in paid_dates if in_last_days(day, as_of_date, 365)]) < 3:
        return "N2"
    acts = [event for event in payment_log if event.event_type != "balance"]
    if not any(in_last_days(event.event_date, as_of_date, 180) for event in acts):
        return "N3"
    if not is_verified(profile_log, "national_id"):
        return "N4"
    freezes = of_type(profile_log, "frozen", "unfrozen")
    return "N5" if freezes and freezes[-1].event_type == "frozen" else None


def snapshot(
    events: Iterable[Event],
    as_of_date: date,
    known_on: date,
    choice: ReasonChoice = ReasonChoice(),  # noqa: B008
    is_enforcing: bool = False,
) -> dict[str, PersonResult]:
    """person_id -> result, for everyone with at least one known event of their own."""
    known = known_events(events, as_of_date, known_on)
    persons = events_by_person(known)
    conflicts = identity_conflicts({who: logs["profile"] for who, logs in persons.items()})
    sharing = shared_identities({who: logs["profile"] for who, logs in persons.items()})
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
    in_order: dict[str, dict[str, Value]] = {}
    all_of: dict[str, dict[str, int]] = {}
    for who, code in codes.items():
        x = friend_reliability(who, ties.get(who, []), own) if code is None else None
        with_friends = {**features[who], FRIEND_RELIABILITY: None if x is None else float(x)}
        in_order[who] = {name: with_friends[name] for name in FEATURES}
        if x is not None:
            all_of[who] = all_points(in_order[who], x)
    compared = benchmarks(all_of, choice)
    for who, code in codes.items():
        in_card_order, points = in_order[who], all_of.get(who, {})
        if not points:
            results[who] = PersonResult(who, in_card_order, code, {}, {}, None, None, None, ())
        else:
            score = BASE + sum(points.values())
            band_no, band = band_of(score)
            reasons = reasons_of(in_card_order, points, compared, choice)
            results[who] = PersonResult(
                who, in_card_order, None, points, factor_points(points), score, band, band_no,
                reasons, openings(points, is_enforcing),
            )  # fmt: skip
    return {
        who: replace(
            results[who],
            further=further_features(logs, sharing[who], as_of_date),
            paid_months=paid_months(logs["payment"], as_of_date),
        )
        for who, logs in persons.items()
    }
