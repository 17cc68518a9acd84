"""A request for an engine that is not there names what to install, before anything is done."""

from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import UsageError
from plainscore.engines import EngineName, require_engine
from plainscore.engines.spark import jvm_memory, refuse_patterns

LINE = ["run", "--plain", "--as-of", "2026-10-31"]


@pytest.mark.parametrize("engine", ["spark", "sail"])
def test_an_engine_that_is_not_installed_is_named_with_its_extra(
    engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plainscore.engines.find_spec", lambda _package: None)
    with pytest.raises(UsageError, match=rf"{engine} is not installed.*plainscore\[{engine}\]"):
        require_engine(engine, None)


@pytest.mark.parametrize("engine", ["duckdb", "sail"])
def test_only_spark_has_a_master(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "landing").mkdir()
    flags = ["--engine", engine, "--master", "local[2]", "--data", str(tmp_path)]
    assert run_command_line([*LINE, *flags]) == 2
    assert f"a master is Spark's: {engine} has none" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


@pytest.mark.parametrize(
    ("limit", "said"), [("3GB", "2861m"), ("2.5 GB", "2384m"), ("800MB", "762m")]
)
def test_a_memory_limit_is_said_in_the_words_of_the_jvm(limit: str, said: str) -> None:
    assert jvm_memory(limit) == said


def test_a_path_that_spark_would_read_as_a_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match=r"move the data directory to a path without"):
        refuse_patterns(["/data/old [2]/events/person/a.parquet"])
