"""Plots for the service log: agreements that end, are breached, or are left open near the edges."""

from tests.oracle.nasty_writer import WorldWriter

SERVICE_TYPES = ("hotel", "car_rental", "bike", "power_bank", "rent", "other")


def start(w: WorldWriter, who: str, due_ago: int, *, agreement_id: str | None = None) -> str:
    """One agreement, started 10 days before it is due. Returns agreement_id."""
    agreement_id = agreement_id or w.new_id("a")
    w.happen(
        "service",
        "started",
        who,
        due_ago + 10,
        agreement_id=agreement_id,
        service_type=w.rng.choice(SERVICE_TYPES),
        due_date=w.day_ago(due_ago),
    )
    return agreement_id


def end(w: WorldWriter, who: str, agreement_id: str, ago: int) -> None:
    """The thing was brought back, the stay is over."""
    w.happen("service", "ended", who, ago, agreement_id=agreement_id)


def breach(w: WorldWriter, who: str, agreement_id: str, ago: int) -> None:
    """The provider says that the agreement was broken."""
    w.happen("service", "breached", who, ago, agreement_id=agreement_id)


def chaotic_services(w: WorldWriter, who: str, stranger: str) -> None:
    """Up to 8 agreements: late ends, two ends, breaches before and after a timely end."""
    for _ in range(w.rng.randint(1, 8)):
        due_ago = w.near(0, 30, 31, 60, 334, 365, 396, 730, 761)
        agreement_id = start(w, who, due_ago)
        if w.chance(0.75):
            end(w, who, agreement_id, due_ago - w.near(-5, 0, 0, 30))
        if w.chance(0.2):
            end(w, who, agreement_id, due_ago - w.near(-4, 0, 29))
        for _ in range(w.rng.choice((0, 0, 0, 1, 2))):
            breach(w, who, agreement_id, due_ago - w.near(-8, 0, 10, 31))
        if w.chance(0.1):
            start(w, who, w.near(0, 365), agreement_id=agreement_id)
        if w.chance(0.1):
            breach(w, stranger, agreement_id, due_ago)
            end(w, stranger, agreement_id, due_ago)
    if w.chance(0.3):
        end(w, who, w.new_id("nones-agreement"), w.near(0, 365))
        breach(w, who, w.new_id("nones-agreement"), w.near(0, 365))


def fulfilled(w: WorldWriter, who: str) -> None:
    """0, 1, 3, 6 or so agreements ended in time, the end near the edge of the year."""
    for _ in range(w.near(1, 3, 6)):
        ended_ago = w.rng.choice((0, 364, 364, 365, 40))
        agreement_id = start(w, who, ended_ago - w.rng.choice((0, 0, 3)))
        end(w, who, agreement_id, ended_ago)


def half_breaches(w: WorldWriter, who: str) -> None:
    """0 to 3 breaches, each by one of the three ways and near the edge of a year."""
    for _ in range(w.rng.randint(0, 3)):
        breach_ago = w.rng.choice((0, 364, 365, 729, 730))
        way = w.rng.choice(("said", "late end", "never ended", "ended after 31 days"))
        if way == "said":
            agreement_id = start(w, who, breach_ago - 2)
            end(w, who, agreement_id, breach_ago + 1)
            breach(w, who, agreement_id, breach_ago)
        elif way == "late end":
            agreement_id = start(w, who, breach_ago + w.rng.choice((1, 30)))
            end(w, who, agreement_id, breach_ago)
        else:
            agreement_id = start(w, who, breach_ago + 31)
            if way == "ended after 31 days":
                end(w, who, agreement_id, breach_ago - w.rng.choice((0, 1)))


SERVICE_EDGES = (fulfilled, half_breaches)
