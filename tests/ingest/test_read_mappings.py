"""An edited mapping is said, and applied to files that were read before where that is asked."""

import shutil
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.logs import rebuild_store
from plainscore.runs.plan import look_at_arrivals
from tests.ingest.delivery import DAY, Delivery

MAPPING = """
[sources.shop]
[[sources.shop.events]]
log = "purchase"
event_type = {{ value = "purchase" }}
event_id = {{ from = "Id" }}
event_time = {{ from = "Day" }}
person_id = {{ from = "Customer" }}
order_id = {{ from = "Id" }}
merchant_id = {{ value = "{merchant}" }}
category = {{ value = "other" }}
amount = {{ from = "Sum" }}
"""
FILE = f"shop/arrived={DAY}/a.csv"


def _map(delivery: Delivery, merchant: str) -> None:
    (delivery.data / "plainscore.toml").write_text(MAPPING.format(merchant=merchant))


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the shop's first file ingested; no test may write into it."""
    made = Delivery(tmp_path_factory.mktemp("shop") / "data")
    made.put(FILE, f"Id,Day,Customer,Sum\no1,{DAY},ann,5\n")
    _map(made, "old")
    assert made.ingest().warnings == []
    return made.data


@pytest.fixture
def shop(ingested: Path, tmp_path: Path) -> Delivery:
    """A copy of it, to write into."""
    return Delivery(shutil.copytree(ingested, tmp_path / "data"))


def _merchants(delivery: Delivery) -> list[str]:
    return list(delivery.accepted("purchase")["merchant_id"])


def test_it_is_said_until_all_is_read_again(shop: Delivery) -> None:
    _map(shop, "new")
    shop.put(f"shop/arrived={DAY}/b.csv", f"Id,Day,Customer,Sum\no2,{DAY},ann,5\n")
    for count in (1, 2):
        (warning,) = look_at_arrivals(shop.data).warnings
        assert warning.startswith(f"shop/: {count} files were read before [sources.shop]")
        assert shop.ingest().warnings == [warning]
    assert _merchants(shop) == ["old", "new"]
    assert rebuild_store(shop.data).warnings == []
    assert _merchants(shop) == ["new", "new"]
    assert shop.ingest().warnings == look_at_arrivals(shop.data).warnings == []
    assert sorted(one.name for one in shop.data.glob("*events*")) == ["events"]


def test_the_mapping_put_back_is_silent(shop: Delivery) -> None:
    _map(shop, "new")
    assert len(shop.ingest().warnings) == 1
    _map(shop, "old")
    assert shop.ingest().warnings == []


def test_the_command_rebuilds_the_store(shop: Delivery) -> None:
    _map(shop, "new")
    assert run_command_line(("ingest", "--rebuild", "--data", str(shop.data))) == 0
    assert _merchants(shop) == ["new"]


@pytest.mark.parametrize("what", ["gone", "changed", "refused"])
def test_no_row_is_lost_by_it(
    shop: Delivery, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shop.data / "landing" / FILE
    if what == "gone":
        path.unlink()
    elif what == "changed":
        path.write_text(path.read_text().replace("ann", "bob"))
    else:
        text = MAPPING.format(merchant="new").replace('"Sum"', '"Price"')
        (shop.data / "plainscore.toml").write_text(text)
    assert run_command_line(("ingest", "--rebuild", "--data", str(shop.data))) == 5
    said = capsys.readouterr().err
    assert FILE in said
    assert "nothing was changed" in said
    assert _merchants(shop) == ["old"]
    assert sorted(one.name for one in shop.data.glob("*events*")) == ["events"]


def test_a_rebuild_that_was_cut_short_leaves_the_old_store(
    shop: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, calls = Path.rename, []

    def cut_short(path: Path, target: Path) -> Path:
        calls.append(path.name)
        if path.name == ".events.new":
            raise KeyboardInterrupt
        return rename(path, target)

    _map(shop, "new")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", cut_short)
        with pytest.raises(KeyboardInterrupt):
            rebuild_store(shop.data)
    assert calls == ["events", ".events.new", ".events.old"]
    assert _merchants(shop) == ["old"]


KILLED = {
    "before": ("events", ".events.new"),
    "between": (".events.old", ".events.new"),
    "behind": (".events.old", "events"),
}
"""Moments of a kill around the two renames -> where it leaves the old store and the new one."""


@pytest.fixture(scope="module")
def rebuilt(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files and their store by the old mapping, and by the new one; neither in its place."""
    shop = Delivery(shutil.copytree(ingested, tmp_path_factory.mktemp("rebuilt") / "data"))
    shop.put(f"shop/arrived={DAY}/b.csv", f"Id,Day,Customer,Sum\no2,{DAY},zoe,5\n")
    shop.ingest()
    shutil.copytree(shop.data / "events", shop.data / "old")
    _map(shop, "new")
    rebuild_store(shop.data)
    (shop.data / "events").rename(shop.data / "new")
    return shop.data


@pytest.fixture(params=KILLED)
def killed(request: pytest.FixtureRequest, rebuilt: Path, tmp_path: Path) -> tuple[Delivery, str]:
    """A rebuild was killed; the merchant that is stored before it is settled, and after."""
    old, new = KILLED[request.param]
    shop = Delivery(shutil.copytree(rebuilt, tmp_path / "data"))
    (shop.data / "old").rename(shop.data / old)
    (shop.data / "new").rename(shop.data / new)
    return shop, "new" if new == "events" else "old"


@pytest.mark.parametrize("line", ["compact", "erase zoe --yes", "ingest", "ingest --rebuild"])
def test_whoever_writes_after_a_killed_rebuild_opens_a_whole_store(
    killed: tuple[Delivery, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, merchant = killed
    assert run_command_line([*line.split(), "--data", str(shop.data)]) == 0, capsys.readouterr()
    left = 1 if line.startswith("erase") else 2
    assert _merchants(shop) == [merchant if line != "ingest --rebuild" else "new"] * left
    assert sorted(one.name for one in shop.data.glob("*events*")) == ["events"]


def test_whoever_reads_after_a_killed_rebuild_sees_a_whole_store(
    killed: tuple[Delivery, str],
) -> None:
    shop, merchant = killed
    assert _merchants(shop) == [merchant] * 2
    assert not look_at_arrivals(shop.data).new


def test_a_backup_beside_the_store_is_left_alone(shop: Delivery) -> None:
    backup = shutil.copytree(shop.data / "events", shop.data / "events.old")
    rebuild_store(shop.data)
    assert _merchants(shop) == ["old"]
    assert (backup / "head.json").is_file()
