"""Compile the published tables whose columns are the features or factors of the cards."""

from dataclasses import replace

from plainscore.contracts.contract import Glossary, Table, parse_contract
from plainscore.scorecards.card import NEIGHBOUR_MEAN, Scorecard

SNAPSHOT_KEYS = ("person_id", "as_of_date", "known_on")
CARD_KEYS = ("scorecard", "scorecard_no")
SOURCE_KEYS = frozenset({"scorecard", "person_key"})


def published_features(champion: Scorecard, glossary: Glossary) -> Table:
    """Return published.features: every person's features, in the order of the champion card.

    Only friend_reliability depends on a card, so it is the champion's.
    """
    names = [feature.name for feature in champion.features]
    columns = ",\n".join(
        f"    {'friend_reliability' if name == NEIGHBOUR_MEAN else 'feature_vector'}.{name}"
        for name in names
    )
    sql = f"""select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
{columns}
from features.feature_vector as feature_vector
inner join events.person as person on feature_vector.person_key = person.person_key
left join scores.friend_reliability as friend_reliability
    on
        feature_vector.person_key = friend_reliability.person_key
        and friend_reliability.scorecard = '{champion.name}'"""
    head = {
        "title": "Features",
        "grain": "one row per person, scored or not",
        "key": ["person_id"],
        "columns": {name: {} for name in (*SNAPSHOT_KEYS, *names)},
    }
    return parse_contract("published.features", head, glossary, sql)


def published_by_card(source: Table, glossary: Glossary) -> Table:
    """Return published.<name> of a table of ``scores`` with one row per scorecard and person."""
    measures = [column for column in source.columns if column.name not in SOURCE_KEYS]
    columns = ",\n".join(f"    {source.short_name}.{column.name}" for column in measures)
    sql = f"""select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    {source.short_name}.scorecard,
    card.scorecard_no,
{columns}
from {source.name} as {source.short_name}
inner join events.person as person on {source.short_name}.person_key = person.person_key
inner join reference.card as card on {source.short_name}.scorecard = card.scorecard"""
    head = {
        "title": source.title,
        "grain": "one row per scored person and scorecard",
        "key": ["person_id", "scorecard_no"],
        "columns": {name: {} for name in (*SNAPSHOT_KEYS, *CARD_KEYS)},
    }
    table = parse_contract(f"published.{source.short_name}", head, glossary, sql)
    return replace(table, columns=(*table.columns, *measures))
