"""How well cards separate good and bad people of four public data sets, each card as it is.

``python -m tests.campaigns.real_sets --folder FOLDER [--card standard_3 ...] [--home DIR]`` writes
each set of FOLDER as a log, scores everyone by the logs that there are (each card without its rules
of who is scored), and prints the AUC of the scores against what happened later, with its 95 %
interval. No card is fitted to them here, but `standard_3` was made with sight of them
(docs/explanation/audits/card.md). A set whose files are not there is left out. The mappings are
ours, and figures of cards compare within them alone: Taiwan's statements say no least amount due (a
tenth of the balance is taken), credit_status has no amounts at all.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.measuring import COMMAND
from plainscore.analysis.metrics import Separation, separation

CARD = """name = "of_{card}"
version = "1.0.0"
title = "{card} for everyone, by the logs that there are"
extends = "{card}"
absent_logs = "rescale"
not_scored = []
"""


@dataclass(frozen=True)
class RealSet:
    """A data set: ``files`` it is read from, the ``log`` that its ``events`` are, and who was bad.

    ``events`` is a query of the log's own columns, as text; ``bad`` one of (person_id, is_bad).
    """

    name: str
    as_of_date: str
    log: str
    files: tuple[str, ...]
    events: str
    bad: str


TAIWAN = RealSet(
    "taiwan",
    "2005-09-30",
    "payment",
    ("taiwan_statements", "taiwan_clients"),
    """
    with statement as (
        select
            client_id, bill_amount, month as due, monthname(month) as bill_id,
            round(greatest(bill_amount, 0) / 10, 2) as amount,
            month + to_days(30 * greatest(repay_status, 0)) as paid_on,
            lead(paid_amount, 1, 0) over (partition by client_id order by month) as paid
        from taiwan_statements
    )
    select
        'bill ' || client_id || bill_id as event_id, due as event_time, client_id as person_id,
        'bill' as event_type, bill_id, 'card' as bill_type, amount, due as due_date,
        greatest(bill_amount, 0) as balance, "LIMIT_BAL" as credit_limit
    from statement inner join taiwan_clients on client_id = "ID"
    union all
    -- What was paid, on the bill before; of a bill that is still open, less than its amount.
    select
        'payment ' || client_id || bill_id, least(paid_on, date '2005-09-30'), client_id, 'payment',
        bill_id, null,
        case when paid_on <= '2005-09-30' then greatest(amount, paid)
            else least(paid, round(amount - 0.01, 2)) end, null, null, null
    from statement where paid_on <= '2005-09-30' or (paid > 0 and amount > 0.01)
    """,
    'select "ID", default_next_month = 1 from taiwan_clients',
)
CREDIT_STATUS = RealSet(
    "credit_status",
    "2024-06-16",
    "payment",
    ("credit_status",),
    # Status of a month: C paid, else how many months behind. A bill of month m is paid in the first
    # month that is no more than the months between behind.
    """
    with status as (
        select
            account, month, cast(date '2024-12-01' + to_months(month) as date) as due,
            case status when 'C' then -1 else cast(status as integer) end as behind
        from credit_status where month <= -7 and status <> 'X'
    ),
    paid as (
        select bill.account, bill.month, min_by(later, later.month) as in_month
        from status as bill
        inner join status as later
            on bill.account = later.account and later.month >= bill.month
            and later.behind <= later.month - bill.month
        group by all
    )
    select
        'bill ' || account || month as event_id, due as event_time, account as person_id,
        'bill' as event_type, 'of ' || month as bill_id, 'card' as bill_type, 100 as amount,
        due as due_date
    from status
    union all
    select
        'payment ' || account || month,
        in_month.due + to_days(case when in_month.behind < 0 then 0 else 15 end), account,
        'payment', 'of ' || month, null, 100, null
    from paid
    """,
    """
    select account, max(status in ('2', '3', '4', '5'))
    from credit_status where month > -7 group by account
    """,
)
CDNOW = RealSet(
    "cdnow",
    "1997-09-30",
    "purchase",
    ("cdnow_purchases",),
    """
    select
        row_number() over (order by all_of) as event_id, all_of.date as event_time,
        all_of.customer_id as person_id, 'purchase' as event_type, event_id as order_id,
        'cdnow' as merchant_id, 'music' as category, round(all_of.amount_usd, 2) as amount
    from cdnow_purchases as all_of where all_of.date <= '1997-09-30'
    """,
    """
    select customer_id, max(date) <= '1997-09-30' from cdnow_purchases group by customer_id
    """,
)
BERKA = RealSet(
    "berka",
    "1998-12-31",
    "payment",
    ("berka_transactions", "berka_loans"),
    # Dates are moved, so that each loan was granted on the as_of_date.
    """
    with booked as (
        select
            move.*,
            date '1998-12-31' - cast(granted_on - booked_on as integer)
            + to_seconds(row_number() over (
                partition by account_id, booked_on order by trans_id
            )) as event_time
        from berka_transactions as move
        inner join (select account_id, granted_on from berka_loans) using (account_id)
        where granted_on >= '1997-01-01'
    )
    select
        'move ' || trans_id as event_id, event_time, account_id as person_id,
        if(type = 'credit', 'income', 'transfer') as event_type, amount,
        if(type = 'credit', null, coalesce(partner_account, operation)) as counterparty_id,
        null as account_balance
    from booked
    union all
    select
        'balance ' || trans_id, event_time, account_id, 'balance', null, null, balance
    from booked
    """,
    "select account_id, bad = 1 from berka_loans where granted_on >= '1997-01-01'",
)
SETS = (TAIWAN, CREDIT_STATUS, CDNOW, BERKA)


def main() -> int:
    """Print a line for each set and card; return 1 where no set is at hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--card", action="append", default=None)
    parser.add_argument("--set", choices=[one.name for one in SETS], action="append", default=None)
    parser.add_argument("--home", type=Path, default=None)
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.mkdtemp(prefix="real-sets-"))
    cards = asked.card or ["standard", "standard_2", "standard_3"]
    print(f"{'set':14} {'card':12} {'people':>8} {'bad':>7} {'AUC':>6}  95 % interval")
    measured = 0
    for one in SETS:
        if asked.set is None or one.name in asked.set:
            for card, found in separations(one, asked.folder, cards, home / one.name):
                measured += 1
                print(
                    f"{one.name:14} {card:12} {found.people:8,} {found.bad:7,} {found.auc:6.4f}  "
                    f"{found.auc_low:.4f} to {found.auc_high:.4f}",
                    flush=True,
                )
    return int(not measured)


def separations(
    one: RealSet, folder: Path, cards: list[str], home: Path
) -> Iterator[tuple[str, Separation]]:
    """Yield each card and how its scores separate the people of a set; none without its files."""
    if not all((folder / f"{name}.parquet").is_file() for name in one.files):
        return
    con = duckdb.connect()
    for name in one.files:
        con.execute(f"create view {name} as from '{folder / name}.parquet'")
    landing = home / "data" / "landing" / one.log / f"arrived={one.as_of_date}"
    landing.mkdir(parents=True)
    text = "select columns(*)::varchar from"
    con.execute(f"copy ({text} ({one.events})) to '{landing / 'events.parquet'}'")
    for card in cards:
        (home / f"of_{card}.toml").write_text(CARD.format(card=card), encoding="utf-8")
    names = ", ".join(f'"of_{card}.toml"' for card in cards)
    (home / "plainscore.toml").write_text(f"scorecards = [{names}]\n", encoding="utf-8")
    words = ("run", "--no-prefect", "--as-of", one.as_of_date)
    subprocess.run([*COMMAND, *words], cwd=home, check=True, stdout=sys.stderr)
    con.execute(f"attach '{home / 'data' / 'plainscore.duckdb'}' as made (read_only)")
    for card in cards:
        rows = con.execute(
            f"with outcome (person_id, is_bad) as ({one.bad}) "
            "select score, count(*) filter (not is_bad), count(*) filter (is_bad) "
            "from made.score_all inner join outcome "
            "on score_all.person_id = cast(outcome.person_id as varchar) "
            "where scorecard = ? group by score order by score",
            [f"of_{card}"],
        ).fetchall()
        yield card, separation(rows)


if __name__ == "__main__":
    sys.exit(main())
