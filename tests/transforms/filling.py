"""What a worked example leaves out: only the columns that matter are written.

A column that may be empty is empty. Of the others: ``event_id`` is the number of the row (``001``,
``002``, ...), ``event_date`` is the day of ``event_time`` and the other way round (at midnight),
``arrived`` is the event's day, every day not given is the day of the snapshot, ``person_key`` is
1, a number is 0, a flag is no, a text is the name of its column. In staging.person, everyone has
events in every log unless the example says otherwise.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from plainscore.contracts.contract import Column, Table
from tests.transforms.values import Days, Value


def filled(table: Table, given: Mapping[str, Value], row_no: int, days: Days) -> tuple[Value, ...]:
    """Return a whole row of ``table``; ``row_no`` counts the rows of the table from 1."""
    known = {"event_id": f"{row_no:03}", "person_key": 1, **_event_days(given), **given}
    if table.name == "staging.person":
        known = {column.name: True for column in table.columns if column.type == "BOOLEAN"} | known
    return tuple(_value(column, known, days) for column in table.columns)


def _value(column: Column, known: Mapping[str, Value], days: Days) -> Value:
    if column.name in known:
        return known[column.name]
    if column.nullable:
        return None
    match column.type:
        case "BOOLEAN":
            return False
        case "VARCHAR":
            return column.name
        case "DATE":
            return days.as_of_date
        case "TIMESTAMP":
            return datetime.combine(days.as_of_date, time())
        case _:
            return 0


def _event_days(given: Mapping[str, Any]) -> dict[str, Value]:
    """Return event_time, event_date and arrived as far as one of them follows from another."""
    if "event_time" in given:
        day = given["event_time"].date()
    elif "event_date" in given:
        day = given["event_date"]
    else:
        return {}
    moment = given.get("event_time", datetime.combine(day, time()))
    return {"event_date": day, "event_time": moment, "arrived": day}
