"""Events that a snapshot knows and that count in part or not at all, by the logs' declarations.

A log says which event type begins something (an order, a bill), and which event type opens an
account. So a project's own logs are in the account of ``audits.unused_event`` by themselves.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from plainscore.common.text import identifier, text_literal
from plainscore.contracts.logs import Log

UNUSED_EVENT = "audits.unused_event"
MERCHANT_REFUND = "staging.merchant_refund"
REPEATED, ORPHAN, EXCESS = "repeated_id", "orphan", "excess"
BEFORE, WITHOUT = "before_opening", "no_opening"
UNUSED_EVENT_HEAD: dict[str, Any] = {
    "title": "Events that count only in part, or not at all",
    "grain": "one row per log, event type and reason",
    "key": ["log", "event_type", "reason"],
    "columns": {
        "log": {},
        "event_type": {},
        "reason": {
            "type": "VARCHAR",
            "in": [REPEATED, ORPHAN, EXCESS, BEFORE, WITHOUT],
            "doc": "repeated_id: an earlier event of the person began what has this id; orphan: "
            "what it refers to is not known; excess: a refund that names a merchant is more than "
            "what is left of earlier purchases there, and counts up to that; before_opening: the "
            "account was opened later; "
            "no_opening: the person has no account, while others have.",
        },
        "is_used": {
            "type": "BOOLEAN",
            "doc": "Whether features count the event all the same: excess (in part), "
            "before_opening, no_opening.",
        },
        "events": {"type": "BIGINT", "unit": "events", "min": 1, "doc": "How many there are."},
        "people": {},
        "first_event_id": {
            "type": "VARCHAR",
            "doc": "The first of them by event_time and event_id.",
        },
    },
}
_EVENT = "event.person_key, event.event_id, event.event_type, event.event_time"
_LATER = """select {event}
from raw.{log} as event
inner join (
    select person_key, {thing}
    from raw.{log}
    where event_type = {kind}
    group by person_key, {thing}
    having count(*) > 1
) as repeated
    on event.person_key = repeated.person_key and event.{thing} = repeated.{thing}
where event.event_type = {kind}
qualify
    row_number() over (
        partition by event.person_key, event.{thing} order by event.event_time, event.event_id
    ) > 1"""
_ORPHAN = """from raw.{log} as event
    anti join (
        select person_key, {thing}
        from raw.{log}
        where event_type = {kind}
    ) as begun
        on event.person_key = begun.person_key and event.{thing} = begun.{thing}
    where event.event_type in ({others}) and event.{thing} is not null"""
_BY_OPENING = f"case when opened.person_key is null then '{WITHOUT}' else '{BEFORE}' end"
_OF_OPENING = """from raw.{log} as event
    left join opened on event.person_key = opened.person_key
    cross join (select count(*) as people from opened) as known
    where
        event.event_time < opened.event_time
        or (opened.person_key is null and known.people > 0)"""
_REFUND = """from raw.{log} as event
    inner join {refunds} as refund on event.event_id = refund.event_id
    where refund.event_type = 'refund' and {condition}"""
_REFUND_CONDITIONS = {
    ORPHAN: "refund.taken_cents = 0 and refund.given_cents > 0",
    EXCESS: "refund.taken_cents > 0 and refund.taken_cents < refund.given_cents",
}
_SQL = """with opened as (
    select person_key, min(event_time) as event_time
    from (
        {openings}
    ) as opening
    group by person_key
),

unused as (
    {parts}
),

placed as (
    select
        *,
        row_number() over (
            partition by log, event_type, reason order by event_time, event_id
        ) as place
    from unused
)

select
    log,
    event_type,
    reason,
    reason in ('excess', 'before_opening', 'no_opening') as is_used,
    cast(count(*) as bigint) as events,
    cast(count(distinct person_key) as bigint) as people,
    max(case when place = 1 then event_id end) as first_event_id
from placed
group by log, event_type, reason"""


def later_events(log: Log) -> tuple[str, dict[str, Any], str] | None:
    """Return name, head and SELECT of the events of a log that begin what has begun already.

    None for a log whose events begin nothing.
    """
    parts = [_LATER.format(event=_EVENT, **thing) for thing in _things(log)]
    if not parts:
        return None
    head = {
        "title": f"Events of the {log.name} log that begin what has begun already, and are ignored",
        "grain": "one row per event whose id an earlier event of the person, by event_time and "
        "event_id, has begun: a second bill or order of that id",
        "key": ["event_id"],
        "by_person": True,
        "columns": {name: {} for name in ("person_key", "event_id", "event_type", "event_time")},
    }
    return f"staging.later_{log.name}", head, "\nunion all\n".join(parts)


def unused_event_sql(logs: Mapping[str, Log], refunds_of: str | None) -> str:
    """Return the SELECT of ``audits.unused_event`` for the logs of a method.

    ``refunds_of``: the log whose refunds the table MERCHANT_REFUND has, if the method has it.
    """
    openings = [
        f"select person_key, event_time from raw.{name} where event_type = {text_literal(kind)}"
        for name, kind in opening_events(logs)
    ]
    any_log = next(iter(logs))
    nothing = f"select person_key, event_time from raw.{any_log} where 1 = 0"
    parts = []
    for log in logs.values():
        if later := later_events(log):
            parts.append(_part(log.name, text_literal(REPEATED), f"from {later[0]} as event"))
        orphans = [_ORPHAN.format(**thing) for thing in _things(log) if thing["others"]]
        parts += [_part(log.name, text_literal(ORPHAN), rows) for rows in orphans]
        if openings:
            parts.append(_part(log.name, _BY_OPENING, _OF_OPENING.format(log=log.name)))
    if refunds_of is not None:
        names = {"log": refunds_of, "refunds": MERCHANT_REFUND}
        parts += [
            _part(refunds_of, text_literal(reason), _REFUND.format(condition=condition, **names))
            for reason, condition in _REFUND_CONDITIONS.items()
        ]
    none = _part(any_log, text_literal(ORPHAN), f"from raw.{any_log} as event\n    where 1 = 0")
    return _SQL.format(
        openings="\n        union all\n        ".join(openings or [nothing]),
        parts="\n    union all\n    ".join(parts or [none]),
    )


def opening_events(logs: Mapping[str, Log]) -> list[tuple[str, str]]:
    """Return (log, event type) of what opens an account."""
    return [
        (log.name, kind)
        for log in logs.values()
        for kind, event in log.event_types.items()
        if event.opens_account
    ]


def _things(log: Log) -> Iterator[dict[str, str]]:
    """Yield what the events of a log begin, such as bills, as words of the SQL above."""
    for kind, event in log.event_types.items():
        if event.creates is not None:
            others = [one for one in log.types_needing(event.creates) if one != kind]
            yield {
                "log": log.name,
                "thing": identifier(log.stored_name(event.creates)),
                "kind": text_literal(kind),
                "others": ", ".join(map(text_literal, others)),
            }


def _part(log: str, reason: str, rows: str) -> str:
    """Return the SELECT of some rows of a log; ``reason``: as SQL."""
    said = f"{text_literal(log)} as log, {reason} as reason"
    return f"select {said}, {_EVENT}\n    {rows}"
