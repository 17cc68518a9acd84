"""Who is in which ring, found from the ties of a burst alone: no label, no score, no points."""

from collections.abc import Iterator

import duckdb

from plainscore.analysis.statistics.rings import find_rings


def ring_member(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int]]:
    """Yield (ring_no, person_key); rings are numbered from the largest."""
    pairs = con.execute(
        "select low.person_id, high.person_id from audits.burst_tie as tie "
        "inner join events.person as low on tie.low_key = low.person_key "
        "inner join events.person as high on tie.high_key = high.person_key order by all"
    ).fetchall()
    keys = dict(
        con.execute(
            "select person.person_id, person.person_key from events.person as person where "
            "person.person_key in (select low_key from audits.burst_tie "
            "union all select high_key from audits.burst_tie)"
        ).fetchall()
    )
    for ring_no, ring in enumerate(find_rings(pairs), start=1):
        for person_id in ring:
            yield ring_no, keys[person_id]
