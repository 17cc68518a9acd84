"""Two rules that are no scorecards, added beside those of an open engine.

Once their points stand beside the cards' own, the transforms that make scores, bands and audits of
points count them as they count any card.
"""

from collections.abc import Sequence
from pathlib import Path

from plainscore.common.errors import UsageError
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.card import Scorecard

HERE = Path(__file__).parent
DERIVED = {
    "no_social": "The first card without friends: the points of its social factor go to everyone "
    "in proportion to their own record",
    "naive": "The first card with a count of friends from the best fifth, full at 20, in the place "
    "of the neighbour mean",
}
_OF_THE_FIRST = ("reference.card", "reference.band", "reference.benefit")


def titles(cards: Sequence[Scorecard]) -> dict[str, str]:
    """Return name -> title of every society: the cards, then the derived rules.

    Raises UsageError where a card has the name of a derived rule.
    """
    taken = [card.name for card in cards if card.name in DERIVED]
    if taken:
        raise UsageError(f"a scorecard is named {taken[0]}, as a rule of its own: rename the card")
    return {card.name: card.title for card in cards} | DERIVED


def add_derived_rules(engine: DuckDBEngine, cards: Sequence[Scorecard]) -> None:
    """Score everyone by the derived rules, too, with bands and gates of the first card.

    ``engine`` has everything up to the scores.
    """
    con = engine.con
    for number, name in enumerate(DERIVED, start=len(cards) + 1):
        for table in _OF_THE_FIRST:
            numbered = f", {number} as scorecard_no" if table == "reference.card" else ""
            con.execute(
                f"insert into {table} select * replace (? as scorecard{numbered}) from {table} "
                "where scorecard = ?",
                [name, cards[0].name],
            )
        con.execute((HERE / f"{name}.sql").read_text(encoding="utf-8"))
        con.execute(
            "insert into scores.own_points by name select ? as scorecard, person_key, own_points "
            "from scores.own_points where scorecard = ?",
            [name, cards[0].name],
        )
    con.execute("drop table scores.score")
    engine.build(engine.catalog["scores.score"])
