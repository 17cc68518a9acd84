"""The five features of the factor personal_information."""

from collections.abc import Mapping, Sequence
from datetime import date

from tests.oracle.events import Event, Value, days_between
from tests.oracle.purchase_behaviour import own_name_share

VERIFIABLE_KINDS = (
    "national_id",
    "phone",
    "email",
    "address",
    "bank_account",
    "employer",
    "education",
    "property",
)
CONTACT_KINDS = ("phone", "address", "bank_account")
SHARED_KINDS = ("phone", "bank_account", "device")


def opened_date(profile_log: Sequence[Event]) -> date | None:
    """The day of the earliest known `opened`."""
    days = [e.event_date for e in profile_log if e.event_type == "opened"]
    return min(days) if days else None


def last_word(profile_log: Sequence[Event], kind: str) -> Event | None:
    """The last verified / changed event of one kind of field."""
    words = [
        e
        for e in profile_log
        if e.event_type in ("verified", "changed") and e.text("field") == kind
    ]
    return words[-1] if words else None


def is_verified(profile_log: Sequence[Event], kind: str) -> bool:
    """Verified and not changed since."""
    word = last_word(profile_log, kind)
    return word is not None and word.event_type == "verified"


def current_hashes(profile_log: Sequence[Event]) -> dict[str, str]:
    """Kind -> value_hash of its last verified / changed event; no entry where it carries none."""
    hashes: dict[str, str] = {}
    for kind in SHARED_KINDS:
        word = last_word(profile_log, kind)
        value_hash = word.text_or_none("value_hash") if word is not None else None
        if value_hash is not None:
            hashes[kind] = value_hash
    return hashes


def identity_conflicts(profile_logs: Mapping[str, Sequence[Event]]) -> dict[str, int | None]:
    """person_id -> how many OTHER people share a current value_hash of the same kind."""
    current = {person_id: current_hashes(log) for person_id, log in profile_logs.items()}
    conflicts: dict[str, int | None] = {}
    for person_id, mine in current.items():
        others = [
            other_id
            for other_id, theirs in current.items()
            if other_id != person_id and any(theirs.get(kind) == mine[kind] for kind in mine)
        ]
        conflicts[person_id] = len(others) if mine else None
    return conflicts


def personal_information(
    profile_log: Sequence[Event],
    purchase_log: Sequence[Event],
    conflicts: int | None,
    as_of_date: date,
) -> dict[str, Value]:
    """Features by name; logs are the person's own known events, in order."""
    opened = opened_date(profile_log)
    return {
        "verified_fields": (
            sum(is_verified(profile_log, kind) for kind in VERIFIABLE_KINDS)
            if profile_log
            else None
        ),
        "account_age_months": (
            days_between(opened, as_of_date) // 30 if opened is not None else None
        ),
        "contact_stable_days": _contact_stable_days(profile_log, as_of_date),
        "own_name_share": own_name_share(purchase_log, as_of_date),
        "identity_conflicts": conflicts,
    }


def _contact_stable_days(profile_log: Sequence[Event], as_of_date: date) -> int | None:
    changes = [
        e.event_date
        for e in profile_log
        if e.event_type == "changed" and e.text("field") in CONTACT_KINDS
    ]
    since = max(changes) if changes else opened_date(profile_log)
    return days_between(since, as_of_date) if since is not None else None
