"""Plots for the profile log, and what makes a person scored or only just not."""

from tests.oracle.nasty_bills import issue, pay
from tests.oracle.nasty_writer import NOON, WorldWriter
from tests.oracle.personal_information import CONTACT_KINDS, SHARED_KINDS, VERIFIABLE_KINDS

OPENED_EDGES = (180, 360, 1080)
HASHES = ("h1", "h2", "h3", "H1", "NA")


def settle_down(w: WorldWriter, who: str) -> None:
    """All that N1-N4 ask for, by as little as can be: household bills, so no credit feature."""
    w.happen("profile", "opened", who, w.rng.choice((180, 359, 360, 1079, 1080, 900)))
    w.happen("profile", "verified", who, 170, field="national_id")
    for due_ago in (w.rng.choice((200, 364)), 190, w.rng.choice((100, 179))):
        bill_id = issue(w, who, "telecom", 2000, due_ago)
        pay(w, who, bill_id, 2000, due_ago)


def just_not_scored(w: WorldWriter, who: str) -> None:
    """Each of N1-N5 is near its edge, on one side or the other."""
    for _ in range(w.rng.choice((0, 1, 1, 2))):
        w.happen("profile", "opened", who, w.near(180, 180, 29))
    last_paid = w.near(180, 100)
    for paid_ago in (w.near(364), w.near(330), last_paid):
        bill_id = issue(w, who, "rent", w.rng.choice((900, 900, 900, 0)), paid_ago)
        pay(w, who, bill_id, 900, paid_ago)
    if w.chance(0.3):
        w.happen(
            "payment",
            w.rng.choice(("payment", "reversal")),
            who,
            w.near(179),
            bill_id=w.new_id("nones-bill"),
            amount_cents=1,
        )
    _several_at_noon(w, who, ("verified", "changed"), "national_id")
    if w.chance(0.4):
        _several_at_noon(w, who, ("frozen", "unfrozen"), None)


def _several_at_noon(
    w: WorldWriter, who: str, event_types: tuple[str, str], field: str | None
) -> None:
    """1 to 3 events of one instant, near the edge of D: event_id decides which is the last."""
    ago = w.rng.choice((0, 0, 30, 400, -1))
    for event_id in w.tied_ids(w.rng.randint(1, 3)):
        event_type = w.rng.choice((event_types[0], *event_types))
        w.happen("profile", event_type, who, ago, clock=NOON, event_id=event_id, field=field)


def chaotic_profile(w: WorldWriter, who: str) -> None:
    """Fields verified, changed and verified again; values that others have too, or none."""
    for _ in range(w.rng.randint(1, 18)):
        w.happen(
            "profile",
            w.rng.choice(("verified", "verified", "changed")),
            who,
            max(-2, w.near(0, 30, 90, 365, 500)),
            clock=NOON if w.chance(0.3) else None,
            field=w.rng.choice((*VERIFIABLE_KINDS, "device", *SHARED_KINDS)),
            value_hash=w.rng.choice((None, *HASHES, w.new_id("hash"))),
        )
    if w.chance(0.3):
        w.happen("profile", "opened", who, w.near(*OPENED_EDGES), region="NA", birth_year=1900)
    if w.chance(0.3):
        w.happen("profile", w.rng.choice(("frozen", "unfrozen")), who, w.near(401))
        _several_at_noon(w, who, ("unfrozen", "frozen"), None)


def many_verified(w: WorldWriter, who: str) -> None:
    """0, 2, 3, 5, 7 or 8 kinds verified, device never counting."""
    count = w.rng.choice((1, 2, 3, 4, 5, 6, 7, 8))
    for kind in (*w.rng.sample(VERIFIABLE_KINDS, count), "device"):
        w.happen("profile", "verified", who, 50, field=kind, value_hash=w.rng.choice((None, "h9")))


def contact_changed(w: WorldWriter, who: str) -> None:
    """The last change of a contact field 30, 90 or 365 days ago, or a day beside it."""
    ago = w.near(1, 30, 90, 365)
    w.happen("profile", "changed", who, ago, field=w.rng.choice(CONTACT_KINDS))
    w.happen("profile", "verified", who, max(0, ago - 20), field="phone", value_hash="h1")
    w.happen("profile", "changed", who, 0, field=w.rng.choice(("email", "employer", "device")))


def shared_values(w: WorldWriter, who: str) -> None:
    """A phone, an account and a device that few or many others have, under one kind or another."""
    for kind in SHARED_KINDS:
        if w.chance(0.7):
            w.happen("profile", "verified", who, 60, field=kind, value_hash=w.rng.choice(HASHES))
    if w.chance(0.3):
        w.happen("profile", "changed", who, 40, field=w.rng.choice(SHARED_KINDS))


PROFILE_EDGES = (many_verified, contact_changed, shared_values)
