"""A chart is well-formed, stays in its frame, and leaves a gap where nothing is known."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from plainscore.show.charts import LINES_HEIGHT, LINES_WIDTH, Line, line_chart

VALUES = st.lists(st.none() | st.floats(-1000, 1000, allow_subnormal=False), min_size=1, max_size=9)


@given(VALUES, st.integers(0, 3))
def test_every_point_lies_in_the_frame(values: list[float | None], decimals: int) -> None:
    dates = [f"2026-{month:02}-28" for month in range(1, len(values) + 1)]
    drawn = line_chart("k", "a < b", "of x & y", dates, [Line("one", values)], decimals)
    for path in ElementTree.fromstring(drawn).iter("path"):
        for x, y in re.findall(r"[ML](\S+) (\S+)", path.attrib["d"]):
            assert 0 <= float(x) <= LINES_WIDTH
            assert 0 <= float(y) <= LINES_HEIGHT


def test_what_is_not_known_is_a_gap_and_what_stands_alone_a_dot() -> None:
    dates = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    drawn = line_chart("k", "t", "d", dates, [Line("one", [1, None, 2, None, 3])], 0)
    svg = ElementTree.fromstring(drawn)
    assert "L" not in next(svg.iter("path")).attrib["d"]
    assert len(list(svg.iter("circle"))) == 3
