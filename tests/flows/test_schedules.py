"""What prefect.yaml declares can be meant, and is the same for whoever runs it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from plainscore.common.errors import UsageError
from plainscore.flows.scheduling.declared import Declared, read_declared

PAGE = Path(__file__).parents[2] / "prefect.yaml"
DECLARED = read_declared(PAGE)
GIVEN_BY_HAND: dict[str, Any] = {"backfill": {"first": "2026-01-31", "last": "2026-10-31"}}


def test_every_kind_of_work_has_its_deployment() -> None:
    names = {one.name for one in DECLARED}
    assert names >= {
        "daily",
        "month-end",
        "restate",
        "backfill",
        "compact",
        "evaluate",
        "prune",
        "watch",
    }


@pytest.mark.parametrize("declared", DECLARED, ids=lambda one: one.name)
def test_a_deployment_names_a_flow_and_parameters_that_it_takes(declared: Declared) -> None:
    from prefect.flows import load_flow_from_entrypoint

    flow = load_flow_from_entrypoint(declared.entrypoint)
    given = {**declared.parameters, **GIVEN_BY_HAND.get(declared.name, {})}
    assert set(given) <= set(flow.validate_parameters(given))


@pytest.mark.parametrize("declared", DECLARED, ids=lambda one: one.name)
def test_every_parameter_says_its_type_and_what_it_means(declared: Declared) -> None:
    from prefect.flows import load_flow_from_entrypoint

    shown = load_flow_from_entrypoint(declared.entrypoint).parameters.properties
    assert all(one["description"] for one in shown.values())
    assert all("type" in one or "anyOf" in one for one in shown.values())


@pytest.mark.parametrize("declared", DECLARED, ids=lambda one: one.name)
def test_what_is_served_is_what_is_declared(declared: Declared) -> None:
    from plainscore.flows.scheduling.serving import served

    made = served(declared)
    assert (made.name, made.description) == (declared.name, declared.description)
    assert (made.parameters, tuple(made.tags)) == (declared.parameters, declared.tags)
    assert made.concurrency_limit == 1
    assert made.concurrency_options is not None
    assert made.concurrency_options.model_dump(include={"collision_strategy"}) == {
        "collision_strategy": declared.concurrency_limit["collision_strategy"]  # type: ignore
    }
    crons = [(one.schedule.cron, one.schedule.timezone) for one in made.schedules or []]
    assert crons == [(one["cron"], one["timezone"]) for one in declared.schedules]


def test_a_date_that_is_due_waits_and_upkeep_that_comes_twice_is_left_out() -> None:
    strategy = {one.name: one.concurrency_limit["collision_strategy"] for one in DECLARED}  # type: ignore
    assert {strategy[name] for name in ("daily", "month-end", "backfill")} == {"ENQUEUE"}
    assert {strategy[name] for name in ("restate", "compact", "prune")} == {"CANCEL_NEW"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"schedules": [{"cron": "0 5 * * *", "interval": 60}]}, "one of cron, interval, rrule"),
        ({"schedules": [{"timezone": "Etc/UTC"}]}, "one of cron, interval, rrule"),
        ({"work_pool": None}, "declares no deployments as it should"),
    ],
)
def test_a_page_that_cannot_be_meant_is_refused(
    changed: dict[str, Any], told: str, tmp_path: Path
) -> None:
    page = yaml.safe_load(PAGE.read_text())
    page["deployments"][0] |= changed
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(page))
    with pytest.raises(UsageError, match=told):
        read_declared(tmp_path / "prefect.yaml")


@pytest.mark.parametrize(
    "changed",
    [
        {"entrypoint": "plainscore.flows.prefect_flows.no_such_flow"},
        {"entrypoint": "flows.no_such_module.score_day_flow"},
        {"schedules": [{"cron": "61 5 * * *"}]},
        {"schedules": [{"cron": "0 5 * * *", "time_zone": "Etc/UTC"}]},
        {"concurrency_limit": {"limit": 1, "collision_strategy": "PUSH"}},
    ],
    ids=["flow", "module", "cron", "word", "strategy"],
)
def test_a_deployment_that_cannot_be_served_is_named(
    changed: dict[str, Any], tmp_path: Path
) -> None:
    from plainscore.flows.scheduling.serving import served

    page = yaml.safe_load(PAGE.read_text())
    page["deployments"][0] |= changed
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(page))
    with pytest.raises(UsageError, match="the deployment daily cannot be meant"):
        served(read_declared(tmp_path / "prefect.yaml")[0])


def test_a_directory_without_the_page_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"prefect\.yaml is no file"):
        read_declared(tmp_path / "prefect.yaml")
