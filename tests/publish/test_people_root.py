"""The root over people is what its definition says, in any language, and a proof leads to it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.common.errors import InputRefused, PlainscoreError
from plainscore.publish.proof import (
    check_proof,
    head_by_path,
    make_proof,
    published_roots,
    siblings,
    tree_head,
    verify,
)
from plainscore.publish.runs import Run, find_latest_run
from plainscore.publish.sets import read_contracts, read_manifest
from tests.publish.invented import OCTOBER, OCTOBER_LATER, PEOPLE, person_id, published

pytestmark = pytest.mark.usefixtures("small_catalogs")
Proof = dict[str, Any]


def _root_by_hand(run: Run) -> str:
    """Return the root as docs/reference/proofs.md defines it, without any code of ours."""

    def sha(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f"{len(value.encode())}:{value}"
        return "" if value is None else repr(value) if isinstance(value, float) else str(value)

    def head(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return sha(b"\x01", head(leaves[:split]), head(leaves[split:]))

    manifest, contracts = read_manifest(run), read_contracts(run)
    texts: dict[str, str] = {}
    headers = {}
    for table in ("features", "points", "score"):
        columns = [(column["name"], column["type"]) for column in contracts[table]["columns"]]
        headers[table] = sha("\n".join(" ".join(column) for column in columns).encode()).hex()
        file = run.folder / table / f"{table}.parquet"
        with duckdb.connect() as con:
            rows = con.read_parquet(str(file), hive_partitioning=False).fetchall()
        for row in rows:
            digest = sha("\n".join(map(cell, row)).encode()).hex()
            texts[row[0]] = texts.get(row[0], "") + f"{table} {digest}\n"
    people = [sha(texts[one].encode()) for one in sorted(texts, key=str.encode)]
    secret = sha(b"\x02", *people)
    leaves = [sha(b"\x00", sha(b"\x03", secret, person), person) for person in people]
    said = {name: manifest[name] for name in ("as_of_date", "known_on", "scorecards")}
    said |= {"people": len(people), "tables": headers, "tree": head(leaves).hex()}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha(b"\x04", text.encode()).hex()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return published(tmp_path_factory.mktemp("proved"))


@pytest.fixture(scope="module")
def proof(run: Run) -> Proof:
    return make_proof(run, person_id(6))


def _copied(proof: Proof) -> Proof:
    copy: Proof = json.loads(json.dumps(proof))
    return copy


def test_the_root_is_what_its_definition_says(run: Run) -> None:
    assert read_manifest(run)["people_root"] == _root_by_hand(run)


@pytest.mark.parametrize("people", [1, 2, 3, 5, 8, 13, 32, 33])
def test_every_leaf_has_a_path_to_the_head_and_no_other(people: int) -> None:
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(people)]
    head = tree_head(leaves)
    for position, leaf in enumerate(leaves):
        path = siblings(leaves, position)
        assert head_by_path(leaf, position, people, path) == head
        assert head_by_path(leaf, position, people, [*path, leaf]) is None
        assert head_by_path(leaf, people, people, path) is None
        assert not path or head_by_path(leaf, position, people, path[:-1]) is None


def test_everyone_can_prove_their_score(run: Run) -> None:
    for key in (*range(5), PEOPLE - 1):  # 0 is not scored; ids with quotes and line feeds
        outcome = check_proof(_copied(make_proof(run, person_id(key))))
        assert outcome.problems == ()
        assert outcome.people_root == read_manifest(run)["people_root"]
        assert [(one.score is None, one.not_scored_code) for one in outcome.scores] == [
            (key == 0, "N5" if key == 0 else None)
        ] * 2
        assert all(one.score in (None, 350 + (one.points or 0)) for one in outcome.scores)


def _set(*path: str | int, to: Any) -> Callable[[Proof], None]:
    def change(proof: Proof) -> None:
        place: Any = proof
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != to
        place[path[-1]] = to

    return change


def _one_point_from_one_feature_to_another(proof: Proof) -> None:
    row = proof["tables"]["points"]["rows"][0]
    row[5], row[6] = row[5] + 1, row[6] - 1


def _names_of_two_features_swapped(proof: Proof) -> None:
    columns = proof["tables"]["features"]["columns"]
    columns[3], columns[4] = columns[4], columns[3]


def _without_the_challenger(proof: Proof) -> None:
    proof["scorecards"].pop()
    for table in ("points", "score"):
        proof["tables"][table]["rows"].pop()


@pytest.mark.parametrize(
    "forge",
    [
        _set("tables", "score", "rows", 0, 5, to=950),
        _set("tables", "features", "rows", 0, 3, to=99),
        _one_point_from_one_feature_to_another,
        _names_of_two_features_swapped,
        _without_the_challenger,
        _set("person_id", to="somebody else"),
        _set("as_of_date", to="2026-11-30"),
        _set("known_on", to="2026-11-30"),
        _set("people", to=PEOPLE + 1),
        _set("position", to=0),
        _set("blind", to="00" * 32),
        _set("siblings", 0, to="00" * 32),
        _set("scorecards", 0, "base", to=300),
        _set("scorecards", 0, "hash", to="00" * 32),
        _set("people_root", to="00" * 32),
    ],
)
def test_whatever_is_changed_is_no_proof(proof: Proof, forge: Callable[[Proof], None]) -> None:
    forged = _copied(proof)
    forge(forged)
    assert check_proof(forged).problems != ()


@pytest.mark.parametrize("lost", ["tables", "siblings", "blind", "people", "person_id"])
def test_half_a_proof_is_refused(proof: Proof, lost: str) -> None:
    half = {name: value for name, value in _copied(proof).items() if name != lost}
    with pytest.raises(InputRefused, match=f"no whole proof.*{lost}"):
        check_proof(half)


def test_points_that_do_not_sum_are_named_even_where_hashes_fit(proof: Proof) -> None:
    forged = _copied(proof)
    forged["scorecards"][0]["base"] = 351
    assert any("standard: 351 + " in problem for problem in check_proof(forged).problems)


def test_a_neighbours_leaf_does_not_tell_whether_a_guess_at_their_rows_is_right(run: Run) -> None:
    last, before = sorted((person_id(key) for key in range(PEOPLE)), key=str.encode)[-2:]
    proof, guessed = make_proof(run, last), make_proof(run, before)
    own = "".join(
        f"{table} {hashlib.sha256(chr(10).join(map(_cell, row)).encode()).hexdigest()}\n"
        for table in ("features", "points", "score")
        for row in guessed["tables"][table]["rows"]
    )
    person = hashlib.sha256(own.encode()).digest()
    leaf = hashlib.sha256(b"\x00" + bytes.fromhex(guessed["blind"]) + person).hexdigest()
    assert proof["siblings"][0] == leaf
    without = hashlib.sha256(b"\x00" + bytes.fromhex(proof["blind"]) + person).hexdigest()
    assert proof["siblings"][0] != without


def _cell(value: Any) -> str:
    is_day = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    if isinstance(value, str) and not is_day:
        return f"{len(value.encode())}:{value}"
    return "" if value is None else str(value)


def test_equal_rows_have_equal_roots_and_others_have_others(tmp_path: Path, run: Run) -> None:
    again = published(tmp_path)
    assert read_manifest(again)["people_root"] == read_manifest(run)["people_root"]
    roots = [published(tmp_path, OCTOBER_LATER), published(tmp_path, seed=2)]
    assert len({read_manifest(one)["people_root"] for one in (again, *roots)}) == 3
    assert len(published_roots(tmp_path, "2026-10-31", "2026-10-31")) == 2


def test_an_unknown_person_has_no_proof(run: Run) -> None:
    with pytest.raises(InputRefused, match="knows no person 'noone'"):
        make_proof(run, "noone")


def test_a_root_that_is_not_that_of_the_people_is_named_and_one_that_is_not_there_is_sound(
    tmp_path: Path,
) -> None:
    changed = published(tmp_path)
    file, manifest = changed.folder / "manifest.json", read_manifest(changed)
    file.write_text(json.dumps(manifest | {"people_root": "0" * 64}))
    assert any("its people_root is not that" in problem for problem in verify(tmp_path))
    with pytest.raises(PlainscoreError, match="is not what was published"):
        make_proof(changed, person_id(1))
    del manifest["people_root"]  # as in a run from before there were proofs
    file.write_text(json.dumps(manifest))
    assert find_latest_run(tmp_path, OCTOBER) is not None
    assert verify(tmp_path) == []
    assert published_roots(tmp_path, "2026-10-31", "2026-10-31") == {}
    with pytest.raises(InputRefused, match="before there were proofs.*--force"):
        make_proof(changed, person_id(1))
