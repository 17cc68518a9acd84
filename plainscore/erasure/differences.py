"""What an erasure did to other people's scores: all of it comes through ties to those erased."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from plainscore.publish.runs import Run


@dataclass(frozen=True)
class ScoreDifference:
    """Between two runs of a snapshot, on the champion scorecard.

    ``changed``: other people whose score changed, at most by ``largest`` points. ``other_status``:
    people scored in one and not in the other. ``gone``: people all of whose events named somebody
    who was erased.
    """

    changed: int
    largest: int
    other_status: int
    gone: int


def compare_runs(before: Run, after: Run, erased: Sequence[str]) -> ScoreDifference:
    """Return how the scores of all but the erased people differ between two runs."""
    with duckdb.connect(config={"threads": 1}) as con:
        found = con.execute(
            f"""
            select
                count(*) filter (old.score <> new.score),
                coalesce(max(abs(old.score - new.score)), 0),
                count(*) filter (new.person_id is not null
                                 and (old.score is null) <> (new.score is null)),
                count(*) filter (new.person_id is null)
            from ({_scores(before)}) as old
            left join ({_scores(after)}) as new on old.person_id = new.person_id
            where not list_contains($erased, old.person_id)
            """,
            {"erased": list(erased)},
        ).fetchone()
    assert found is not None, "an aggregate yields a row"
    return ScoreDifference(*(int(one) for one in found))


def _scores(run: Run) -> str:
    return f"select person_id, score from {run.source('score')} where scorecard_no = 1"
