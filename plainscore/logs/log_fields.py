"""What each log holds: the event types, and the fields each of them defines (method.md).

This declares how a row ARRIVES; how it is kept is declared in ``transforms/events/*.toml``.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal["text", "choice", "amount", "time", "date", "flag", "year"]

COMMON_FIELDS = ("event_id", "event_time", "person_id", "event_type")
MASK = "***"
MASKED_FIELD = "value_hash"


@dataclass(frozen=True)
class Field:
    """One field as delivered; ``choices`` are the allowed values of a choice."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventType:
    """The own fields an event type defines: those it needs and those it may carry."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def defined(self) -> tuple[str, ...]:
        """All own fields of the event type."""
        return self.required + self.optional


@dataclass(frozen=True)
class Log:
    """One log as delivered.

    ``other_person`` is the field that names a second person, who must not be the first one.
    ``only_where`` maps a field to the (field, value) without which it means nothing.
    """

    name: str
    fields: tuple[Field, ...]
    event_types: dict[str, EventType]
    other_person: str | None = None
    only_where: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def has_identity(self) -> bool:
        """Whether the log defines the field whose values must never be shown."""
        return any(own.name == MASKED_FIELD for own in self.fields)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every field name this log knows, the common ones first."""
        return COMMON_FIELDS + tuple(own.name for own in self.fields)

    def types_with(self, name: str) -> list[str]:
        """Return the event types that define the field ``name``."""
        return [kind for kind, event in self.event_types.items() if name in event.defined]

    def types_needing(self, name: str) -> list[str]:
        """Return the event types that need the field ``name``."""
        return [kind for kind, event in self.event_types.items() if name in event.required]


def _text(name: str) -> Field:
    return Field(name, "text")


_IDENTITY_KINDS = (
    "national_id", "phone", "email", "address", "bank_account", "employer", "education",
    "property", "device",
)  # fmt: skip
_IDENTITY = EventType(("field",), ("value_hash",))
_BILL = EventType(("bill_id", "bill_type", "amount", "due_date"), ("balance", "credit_limit"))

LOGS: dict[str, Log] = {
    log.name: log
    for log in (
        Log(
            "profile",
            (
                _text("region"),
                Field("birth_year", "year"),
                _text("gender"),
                Field("field", "choice", _IDENTITY_KINDS),
                _text("value_hash"),
            ),
            {
                "opened": EventType((), ("region", "birth_year", "gender")),
                "verified": _IDENTITY,
                "changed": _IDENTITY,
                "frozen": EventType(),
                "unfrozen": EventType(),
            },
        ),
        Log(
            "purchase",
            (
                _text("order_id"),
                _text("merchant_id"),
                _text("category"),
                Field("amount", "amount"),
                Field("is_own_name", "flag"),
            ),
            {
                "purchase": EventType(
                    ("order_id", "merchant_id", "category", "amount"), ("is_own_name",)
                ),
                "refund": EventType(("order_id", "amount")),
                "chargeback": EventType(("order_id", "amount")),
            },
        ),
        Log(
            "payment",
            (
                _text("bill_id"),
                Field(
                    "bill_type",
                    "choice",
                    ("card", "loan", "instalment", "utility", "telecom", "rent"),
                ),
                Field("amount", "amount"),
                Field("due_date", "date"),
                Field("balance", "amount"),
                Field("credit_limit", "amount"),
                _text("counterparty_id"),
            ),
            {
                "bill": _BILL,
                "payment": EventType(("bill_id", "amount")),
                "reversal": EventType(("bill_id", "amount")),
                "transfer": EventType(("counterparty_id", "amount")),
                "deposit": EventType(("amount",)),
            },
            other_person="counterparty_id",
            only_where={
                "balance": ("bill_type", "card"),
                "credit_limit": ("bill_type", "card"),
            },
        ),
        Log(
            "service",
            (
                _text("agreement_id"),
                Field(
                    "service_type",
                    "choice",
                    ("hotel", "car_rental", "bike", "power_bank", "rent", "other"),
                ),
                Field("due_date", "date"),
            ),
            {
                "started": EventType(("agreement_id", "service_type", "due_date")),
                "ended": EventType(("agreement_id",)),
                "breached": EventType(("agreement_id",)),
            },
        ),
        Log(
            "friendship",
            (_text("friend_id"),),
            {
                "added": EventType(("friend_id",)),
                "removed": EventType(("friend_id",)),
                "contact": EventType(("friend_id",)),
            },
            other_person="friend_id",
        ),
    )
}
