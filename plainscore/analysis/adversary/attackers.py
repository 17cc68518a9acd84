"""Whom the adversary plays, and what they have at hand, read from a society that is built."""

from collections.abc import Sequence
from datetime import timedelta

from plainscore.analysis.adversary.acts import KINDS, MONTH, Means, OwnBill
from plainscore.engines.duckdb import DuckDBEngine

PLACES = (5, 25, 50, 75, 95)
"""Per cent of the scored people who have a lower score than those that are played by default."""


def choose_attackers(engine: DuckDBEngine) -> list[int]:
    """Return a person_key for each of PLACES, by the champion's score and then by person_id."""
    rows = engine.con.execute(
        "select score.person_key from scores.score as score "
        "inner join reference.card as card on score.scorecard = card.scorecard "
        "inner join events.person as person on score.person_key = person.person_key "
        "where card.scorecard_no = 1 and score.score is not null "
        "order by score.score, person.person_id"
    ).fetchall()
    places = sorted({len(rows) * place // 100 for place in PLACES}) if rows else []
    return [rows[place][0] for place in places]


def read_means(engine: DuckDBEngine, person_key: int, months: int) -> Means:
    """Return what one person has at hand for so many months back from the engine's date."""
    as_of_date = engine.dates.as_of_date
    first_day = as_of_date - timedelta(days=MONTH * months - 1)

    def keys(sql: str) -> list[int | str]:
        return [row[0] for row in engine.con.execute(sql, [person_key]).fetchall()]

    verified = keys(
        "select field from staging.identity_detail where person_key = ? and is_verified"
    )
    merchants = keys(
        "select merchant_id from raw.purchase where person_key = ? and event_type = 'purchase' "
        f"and event_date > date '{as_of_date}' - interval 545 day "
        f"and event_date <= date '{as_of_date}' - interval 180 day order by 1 limit 1"
    )
    payees = engine.con.execute(
        "select counterparty_key from staging.payee where person_key = ? and earlier_count > 0 "
        "order by earlier_count desc, counterparty_key limit 1",
        [person_key],
    ).fetchall()
    unscored = engine.con.execute(
        "select tie.friend_key from staging.tie as tie "
        "left join features.scoring_status as status on tie.friend_key = status.person_key "
        "where tie.person_key = ? and not coalesce(status.is_scored, false) order by 1",
        [person_key],
    ).fetchall()
    return Means(
        person_key=person_key,
        as_of_date=as_of_date,
        months=months,
        merchant_id=str(merchants[0]) if merchants else None,
        payee_key=payees[0][0] if payees else None,
        unverified=tuple(kind for kind in KINDS if kind not in verified),
        unscored_friends=tuple(key for (key,) in unscored),
        bills=_own_bills(engine, person_key, [first_day, as_of_date]),
    )


def _own_bills(
    engine: DuckDBEngine, person_key: int, window: Sequence[object]
) -> tuple[OwnBill, ...]:
    rows = engine.con.execute(
        """select
            bill.bill_id,
            min(event.event_date) filter (where event.event_type = 'bill') as issued,
            bill.due_date,
            bill.amount_cents,
            bill.paid_cents,
            coalesce(
                list(event.event_id order by event.event_id)
                filter (where event.event_type in ('payment', 'reversal')), []
            ) as payment_ids
        from staging.bill as bill
        inner join raw.payment as event
            on bill.person_key = event.person_key and bill.bill_id = event.bill_id
        where bill.person_key = ? and bill.due_date >= ? and bill.due_date <= ?
        group by bill.bill_id, bill.due_date, bill.amount_cents, bill.paid_cents
        order by bill.due_date, bill.bill_id""",
        [person_key, *window],
    ).fetchall()
    return tuple(
        OwnBill(bill_id, issued, due, amount, paid, tuple(payment_ids))
        for bill_id, issued, due, amount, paid, payment_ids in rows
    )
