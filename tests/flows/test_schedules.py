"""What prefect.yaml declares is valid, and the same for whoever runs it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from plainscore.common.errors import UsageError

FILE = Path(__file__).parents[2] / "prefect.yaml"
DECLARED = yaml.safe_load(FILE.read_text())["deployments"]
GIVEN_BY_HAND: dict[str, Any] = {"backfill": {"first": "2026-01-31", "last": "2026-10-31"}}
each_deployment = pytest.mark.parametrize("declared", DECLARED, ids=lambda one: str(one["name"]))


@each_deployment
def test_a_deployment_names_a_flow_and_described_parameters_that_it_takes(
    declared: dict[str, Any],
) -> None:
    from prefect.flows import load_flow_from_entrypoint

    flow: Any = load_flow_from_entrypoint(declared["entrypoint"])
    given = {**declared["parameters"], **GIVEN_BY_HAND.get(declared["name"], {})}
    assert set(given) <= set(flow.validate_parameters(given))
    shown = flow.parameters.properties.values()
    assert all(one["description"] for one in shown)
    assert all("type" in one or "anyOf" in one for one in shown)


def test_what_is_served_is_what_is_declared() -> None:
    from plainscore.flows.serving import read_deployments

    for declared, made in zip(DECLARED, read_deployments(FILE), strict=True):
        assert (made.name, made.description) == (declared["name"], declared["description"])
        assert (made.parameters, made.tags) == (declared["parameters"], declared["tags"])
        assert made.concurrency_limit == 1
        assert made.concurrency_options is not None
        strategy = made.concurrency_options.model_dump()["collision_strategy"]
        assert strategy == declared["concurrency_limit"]["collision_strategy"]
        crons = [(one.schedule.cron, one.schedule.timezone) for one in made.schedules or []]
        schedules = declared.get("schedules", [])
        assert crons == [(one["cron"], one["timezone"]) for one in schedules]


def test_a_date_that_is_due_waits_and_upkeep_that_comes_twice_is_left_out() -> None:
    strategy = {one["name"]: one["concurrency_limit"]["collision_strategy"] for one in DECLARED}
    assert {strategy[name] for name in ("daily", "month-end", "backfill")} == {"ENQUEUE"}
    others = ("restate", "compact", "evaluate", "prune", "watch")
    assert {strategy[name] for name in others} == {"CANCEL_NEW"}


@pytest.mark.parametrize(
    "changed",
    [
        {"entrypoint": "plainscore.flows.daily.no_such_flow"},
        {"entrypoint": "flows.no_such_module.daily"},
        {"schedules": [{"cron": "61 5 * * *"}]},
        {"schedules": [{"cron": "0 5 * * *", "time_zone": "Etc/UTC"}]},
        {"schedules": [{"cron": "0 5 * * *", "interval": 60}]},
        {"schedules": [{"timezone": "Etc/UTC"}]},
        {"concurrency_limit": {"limit": 1, "collision_strategy": "PUSH"}},
    ],
    ids=["flow", "module", "cron", "word", "two kinds", "no kind", "strategy"],
)
def test_a_deployment_that_cannot_be_served_is_named(
    changed: dict[str, Any], tmp_path: Path
) -> None:
    from plainscore.flows.serving import read_deployments

    page = yaml.safe_load(FILE.read_text())
    page["deployments"][0] |= changed
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(page))
    with pytest.raises(UsageError, match="the deployment daily is invalid"):
        read_deployments(tmp_path / "prefect.yaml")


@pytest.mark.parametrize("content", ["", "deployments: [", "deployments: 1", "name: other"])
def test_a_file_without_deployments_is_refused(content: str, tmp_path: Path) -> None:
    from plainscore.flows.serving import read_deployments

    file = tmp_path / "prefect.yaml"
    with pytest.raises(UsageError, match=r"prefect\.yaml is no file"):
        read_deployments(file)
    file.write_text(content)
    with pytest.raises(UsageError, match="declares no deployments"):
        read_deployments(file)
