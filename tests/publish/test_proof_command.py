"""`explain --proof` prints what `verify --proof` checks, against a given root or a manifest."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*words: str | Path) -> tuple[int, str]:
        code = run_command_line([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run_command


@pytest.fixture
def proof(run: Run, autumn: Path, tmp_path: Path) -> Path:
    code, said = run("explain", "p5", "--as-of", "2026-10", "--proof", "--data", autumn)
    assert code == 0
    file = tmp_path / "p5.json"
    file.write_text(said)
    return file


def _root(proof: Path) -> str:
    return str(json.loads(proof.read_text())["people_root"])


def test_a_proof_is_held_against_the_manifest(run: Run, proof: Path, autumn: Path) -> None:
    code, said = run("verify", "--proof", proof, "--data", autumn)
    assert code == 0
    assert "the root is that of" in said
    assert "run=0002/manifest.json" in said
    assert said.endswith("\nproved\n")


def test_a_proof_is_held_against_a_given_root_without_any_data(
    run: Run, proof: Path, tmp_path: Path
) -> None:
    where = ("--data", tmp_path / "nothing")
    code, said = run("verify", "--proof", proof, "--root", _root(proof).upper(), *where)
    assert (code, "the root is that of --root" in said) == (0, True)
    code, said = run("verify", "--proof", proof, "--root", "0" * 64, *where)
    assert (code, "the root is NOT that of --root" in said) == (1, True)


def test_json_tells_what_the_root_was_held_against(run: Run, proof: Path, autumn: Path) -> None:
    words = ("--proof", proof, "--root", _root(proof), "--data", autumn, "--format", "json")
    code, text = run("verify", *words)
    said = json.loads(text)
    assert (code, said["is_proved"], said["problems"]) == (0, True, [])
    assert len(said["root_held_against"]) == 3
    assert said["root_held_against"]["--root"] is True
    for one in said["scores"]:
        assert one["score"] == one["base"] + one["points"]


def test_a_forged_proof_ends_with_1(run: Run, proof: Path, autumn: Path) -> None:
    forged = json.loads(proof.read_text())
    forged["tables"]["score"]["rows"][0][5] += 1
    proof.write_text(json.dumps(forged))
    code, said = run("verify", "--proof", proof, "--data", autumn)
    assert code == 1
    assert "wrong: its rows and siblings do not make its people_root" in said
    assert said.endswith("\nNOT proved\n")


def test_a_root_of_no_published_run_ends_with_1(
    run: Run, proof: Path, autumn: Path, tmp_path: Path
) -> None:
    published = autumn / "snapshots/as_of_date=2026-10-31/known_on=2026-11-15/run=0001"
    other = tmp_path / "other" / published.relative_to(autumn)
    other.mkdir(parents=True)
    manifest = json.loads((published / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest | {"people_root": "0" * 64}))
    code, said = run("verify", "--proof", proof, "--data", tmp_path / "other")
    assert (code, "NOT that of" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--root", "12"), 2, "a root is 64 hexadecimal digits"),
        ((), 5, "is internally consistent, but there is no published root to check it against"),
    ],
)
def test_without_a_root_nothing_is_proved(
    run: Run, proof: Path, tmp_path: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    ended = run("verify", "--proof", proof, *words, "--data", tmp_path / "nothing")
    assert (ended[0], sentence in ended[1]) == (code, True), ended[1]


@pytest.mark.parametrize("text", ["", "[1]", "{", "{}", '{"format": "other"}', "[" * 100_000])
def test_what_is_no_proof_is_told_in_a_line(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "proof.json"
    file.write_text(text)
    code, said = run("verify", "--proof", file, "--data", tmp_path)
    assert (code, said.startswith(f"plainscore: {file}: ")) == (5, True), said
    assert said.count("\n") == 1


def test_a_root_without_a_proof_is_a_slip(run: Run) -> None:
    assert run("verify", "--root", "0" * 64)[0] == 2
