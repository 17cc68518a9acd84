"""The Python API answers as the commands do."""

from pathlib import Path

import pytest

import plainscore
from plainscore.common.errors import PlainscoreError
from tests.goldens.world import published_world


def test_it_reads_what_is_published(tmp_path_factory: pytest.TempPathFactory) -> None:
    published = plainscore.open(published_world(tmp_path_factory))
    scores = published.scores()
    person = scores["person_id"][0]
    assert published.explain(person)["score"] == scores["score"][0]
    assert "Scores as of 2026-10-31" in published.report()
    assert "Scores as of 2026-09-30" in published.report("2026-09")
    assert published.query("select count(*) as people from score").item() > 0
    with pytest.raises(PlainscoreError):
        published.explain("no such person")


def test_nothing_published_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlainscoreError):
        plainscore.open(tmp_path)
