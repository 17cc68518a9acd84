"""A world looks like the real data that targets.toml names, and like a file that asks otherwise."""

from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.synthetic.shape import USUAL, shape_of
from tests.docs.pages import table_rows
from tests.synthetic.conftest import LAST, MadeWorld
from tests.synthetic.figures import DECLARED, measure, read_targets_file

PAGE = "docs/explanation/world.md"
_LATE = "[invoice_late]\naim = 0.7\n[overdraft]\naim = 0.15\n"


@pytest.fixture(scope="module")
def figures(modest_world: MadeWorld) -> dict[str, float | None]:
    return {t.name: found for t, found in measure(modest_world.settings.landing, LAST)}


@pytest.mark.parametrize("name", read_targets_file())
def test_a_figure_lies_in_its_range(name: str, figures: dict[str, float | None]) -> None:
    target, found = read_targets_file()[name], figures[name]
    assert found is not None
    assert target.low <= found <= target.high


def test_every_share_has_its_aim_and_the_declared_ones_are_the_usual_world() -> None:
    assert shape_of(DECLARED) == USUAL
    assert (USUAL.card_late, USUAL.thin, USUAL.never_paid) == (440_000, 82_000, 20_000)


def test_a_file_of_targets_shapes_a_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figures: dict[str, float | None]
) -> None:
    (asked := tmp_path / "late.toml").write_text(_LATE)
    line = ["synthesise", "--people", "1500", "--from", "2025-10-01", "--to", str(LAST)]
    line += ["--targets", str(asked), "--data", str(tmp_path)]
    assert run_command_line([*line, "--arrivals", "monthly"]) == 0
    found = {target.name: value for target, value in measure(tmp_path / "landing", LAST)}
    assert 0.6 < (found["invoice_late"] or 0) < 0.8
    assert 0.1 < (found["overdraft"] or 0) < 0.2
    assert found["card_late"] == pytest.approx(figures["card_late"], abs=0.06)
    line[line.index("--targets") : line.index("--data")] = []
    capsys.readouterr()
    assert run_command_line([*line, "--arrivals", "monthly"]) == 5
    assert "differs in: shape" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lateness]\naim = 0.1\n", "no share is called lateness"),
        ("[card_late]\naim = 1.5\n", "card_late = 1.5"),
        ("[card_late]\naim = 'much'\n", "much"),
        ("[card_late\n", "late.toml"),
        ("[card_late_median]\naim = 0.1\n", "no share is called card_late_median"),
        ("card_late = 0.5\n", r"card_late stands alone: write \[card_late\]"),
        ("[card_late]\naims = 0.5\n", r"\[card_late\] has no aim"),
    ],
)
def test_what_no_world_can_have_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (asked := tmp_path / "late.toml").write_text(text)
    with pytest.raises(ValueError, match=said):
        shape_of(asked)


def test_the_page_shows_every_target_as_declared() -> None:
    shown = {row[0]: row[1:4] for row in table_rows(PAGE, "figure")}
    declared = {
        t.title: [
            "" if t.real is None else f"{t.real:g}", t.source, f"{t.low:g} to {t.high:g}",
        ]
        for t in read_targets_file().values()
    }  # fmt: skip
    assert shown == declared
