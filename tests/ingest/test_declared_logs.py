"""A log is a file: what follows from its declaration, and what is said of a wrong one."""

from pathlib import Path

import pytest

from plainscore.common.standard import STANDARD, Method
from plainscore.contracts.catalog import load_catalog, rehearse
from plainscore.contracts.contract import ContractError, method_glossary
from plainscore.contracts.logs import LogError, hidden_fields, read_logs

RIDES = """title = "The rides"
other_person = "driver_id"

[fields]
driver_id = { kind = "text" }
fare      = { kind = "amount", doc = "What it cost." }
km        = { kind = "number" }
ended_at  = { kind = "time" }
group     = { kind = "choice", choices = ["a", "b's"] }
pin       = { kind = "hash", only_where = { group = "a" } }

[event_types.ride]
required = ["driver_id", "fare"]
optional = ["km", "ended_at", "group", "pin"]

[rules.backwards]
refuse_where = "ended_at < event_time"
reason       = "ended_at is before event_time"
"""


def _method(folder: Path, text: str, name: str = "rides") -> Method:
    (folder / "transforms/logs").mkdir(parents=True, exist_ok=True)
    (folder / f"transforms/logs/{name}.toml").write_text(text)
    return Method((STANDARD, folder))


def test_the_five_logs_are_declared() -> None:
    logs = read_logs()
    assert list(logs) == ["profile", "purchase", "payment", "service", "friendship"]
    assert logs["payment"].person_fields == ("person_id", "counterparty_id")
    assert logs["payment"].types_needing("bill_id") == ["bill", "payment", "reversal"]
    assert hidden_fields(logs) == {"value_hash"}


def test_a_log_of_a_project_has_a_table_and_a_raw_view(tmp_path: Path) -> None:
    catalog = load_catalog(group="outcomes", method=_method(tmp_path, RIDES))
    stored = dict(catalog["events.rides"].names_and_types)
    assert stored["fare_cents"] == stored["driver_key"] == "BIGINT"
    assert (stored["km"], stored["ended_at"], stored["group"]) == ("DOUBLE", "TIMESTAMP", "VARCHAR")
    assert catalog["raw.rides"].inputs == {"events.rides"}
    assert catalog["raw.rides"].column("fare_cents").doc == "What it cost."
    assert catalog["raw.rides"].column("km").doc == "The field km of the log rides."
    assert rehearse(catalog) == []


def test_a_replaced_log_brings_its_choices_to_every_table(tmp_path: Path) -> None:
    text = (STANDARD / "transforms/logs/payment.toml").read_text().replace('"invoice"]', '"gym"]')
    catalog = load_catalog(group="outcomes", method=_method(tmp_path, text, "payment"))
    assert "gym" in catalog["raw.payment"].column("bill_type").among


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "number"', 'kind = "float"', "rides.toml:7: fields.km.kind: .*, not 'float'"),
        ("km        =", "line      =", "rides.toml:7: fields.line: cannot be the name of a field"),
        ("[fields]", '[fields]\nfare_cents = { kind = "integer" }', ":4: fields: two fields would"),
        ('["a", "b\'s"]', "[]", "rides.toml:9: fields.group: choices belong to the kind choice"),
        ('"fare"]', '"far"]', "rides.toml:12: event_types.ride: far is not among the fields"),
        ('"driver_id"\n', '"rider"\n', "rides.toml:2: other_person: rider is not among the fields"),
        ("{ group =", "{ grop =", "rides.toml:10: fields.pin: grop is not among the fields"),
        ("title =", "titel =", "rides.toml:1: title: is missing"),
        ("optional", "options", "rides.toml:14: event_types.ride.options: is not known"),
        ("reason       = ", "why = ", "rides.toml:16: rules.backwards.reason: is missing"),
        ("[fields]", "[fields", "rides.toml: Expected"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_line_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in RIDES
    with pytest.raises(LogError, match=message):
        read_logs(_method(tmp_path, RIDES.replace(old, new, 1)))


def test_a_name_that_the_store_has_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="quarantine cannot be the name of a log"):
        read_logs(_method(tmp_path, RIDES, "quarantine"))


def test_one_column_has_one_type_in_all_logs(tmp_path: Path) -> None:
    text = RIDES.replace("km        =", "due_date  =").replace('"km"', '"due_date"')
    with pytest.raises(LogError, match="stores due_date as DATE, this one as DOUBLE"):
        method_glossary(_method(tmp_path, text))


def test_a_column_of_a_log_stands_in_no_glossary(tmp_path: Path) -> None:
    method = _method(tmp_path, RIDES)
    text = (STANDARD / "transforms/glossary.toml").read_text()
    (tmp_path / "transforms/glossary.toml").write_text(text + 'km = {type = "DOUBLE", doc = "x"}\n')
    with pytest.raises(ContractError, match="km already stands in transforms/logs/"):
        method_glossary(method)
