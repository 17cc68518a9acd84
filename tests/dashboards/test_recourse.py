"""The ways to the next band are honest, lead there, and take as few acts as can be."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.show.next_band import FriendMean
from plainscore.show.record import Bin, FeatureOfRecord, Record, read_record
from plainscore.show.recourse import Advice, Way, read_advice, recourse, ways_to
from plainscore.show.snapshots import Snapshots
from tests.publish.invented import PEOPLE, person_id

DAY = date(2026, 10, 31)
PURCHASES = frozenset(
    {"active_months", "spend_variation", "category_concentration", "refund_share", "chargebacks",
     "repeat_merchant_share", "repeat_payee_share", "own_name_share", "services_fulfilled"}
)  # fmt: skip


@pytest.fixture
def records(snapshots: Snapshots) -> Iterator[Record]:
    return (read_record(snapshots, person_id(key), DAY) for key in range(1, PEOPLE, 3))


def test_nobody_is_told_to_choose_friends_or_to_buy_something(records: Iterator[Record]) -> None:
    features = next(records).features
    advised = read_advice()
    assert set(advised) <= set(features)
    assert not PURCHASES & set(advised)
    assert all(features[name].factor != "social_connections" for name in advised)


def test_every_way_leads_to_the_next_band(snapshots: Snapshots, records: Iterator[Record]) -> None:
    told = [recourse(snapshots, record) for record in records]
    assert any(one.ways for one in told)
    for one in told:
        for way in one.ways:
            points = {
                step.feature: one.record.features[step.feature].points + step.points_gained
                for step in (*way.acts, *way.waiting)
            }
            assert one.at_least is not None
            assert one.record.score_with(points) == way.score_then >= one.at_least
            assert all(step.days <= way.days for step in (*way.acts, *way.waiting))


def test_a_way_that_takes_longer_takes_fewer_acts(
    snapshots: Snapshots, records: Iterator[Record]
) -> None:
    for record in records:
        ways = recourse(snapshots, record).ways
        order = [(way.days, -len(way.acts)) for way in ways]
        assert order == sorted(order)
        assert len({len(way.acts) for way in ways}) == len(ways)


def _feature(name: str, value: float | None, *edges: tuple[float, int]) -> FeatureOfRecord:
    ends = [*(edge for edge, _ in edges[1:]), None]
    bins = tuple(Bin(edge, end, points) for (edge, points), end in zip(edges, ends, strict=True))
    found = [one.points for one in bins if value is not None and one.at_least <= value]
    points = found[-1] if found else 0
    most = max(one.points for one in bins)
    return FeatureOfRecord(
        name, "factor", value, points, most, 0, bins, "", is_counted=False, least_value=None,
        most_value=None,
    )  # fmt: skip


def _record(*features: FeatureOfRecord) -> Record:
    score = 350 + sum(one.points for one in features)
    friends = FriendMean(570, 150_000, 0, ((12, 500_000),))
    by_name = {one.feature: one for one in features}
    return Record("p", DAY, DAY, "standard", score, "poor", by_name, friends)


def _told(way: Way) -> tuple[int, list[str], list[str]]:
    acts, waiting = ([step.feature for step in some] for some in (way.acts, way.waiting))
    return way.days, acts, waiting


OVERDUE = _feature("overdue", 0.3, (0, 15), (0.000001, 10), (0.25, 0))
SHARE = _feature("share", 0.5, (0, 0), (0.9, 40))
MONTHS = _feature("months", 1, (0, 0), (3, 10), (6, 20))
ADVICE = {
    "overdue": Advice("done", 0, "pay"),
    "share": Advice("done", 365, "pay in time"),
    "months": Advice("monthly", 30, "set aside", most=6),
    "age": Advice("waited", 30, "nothing"),
    "since": Advice("waited", 30, "nothing late", needs="overdue"),
}


def test_acts_that_take_no_time_come_first_and_the_fewest_last() -> None:
    record = _record(OVERDUE, SHARE, MONTHS)
    assert [_told(way) for way in ways_to(record, 385, ADVICE)] == [
        (180, ["months", "overdue"], []),
        (365, ["share"], []),
    ]


def test_an_act_goes_no_further_than_it_must() -> None:
    (way, *_) = ways_to(_record(MONTHS, OVERDUE), 375, ADVICE)
    assert (way.days, [step.goal for step in way.acts]) == (90, ["0", "at least 3"])


def test_time_alone_is_a_way_too() -> None:
    record = _record(_feature("age", 4, (0, 0), (6, 8), (12, 20)))
    assert [_told(way) for way in ways_to(record, 355, ADVICE)] == [(60, [], ["age"])]


def test_what_must_be_paid_first_is_part_of_waiting_for_it() -> None:
    since = _feature("since", 0, (0, 0), (2, 8), (6, 15))
    (way, *_) = ways_to(_record(OVERDUE, since), 373, ADVICE)
    assert _told(way) == (60, ["overdue"], ["since"])
    (paid, *_) = ways_to(_record(_feature("overdue", 0, (0, 15), (0.1, 0)), since), 373, ADVICE)
    assert _told(paid) == (60, [], ["since"])


def test_what_halves_takes_as_many_halvings_as_lead_below_the_edge() -> None:
    decayed = _feature("decayed", 0.09, (0, 20), (0.02, 9), (0.06, 3))
    ways = list(ways_to(_record(decayed), 359, {"decayed": Advice("halved", 180, "pay")}))
    assert [(way.days, way.acts[0].goal) for way in ways] == [(180, "below 0.06")]
    (way,) = ways_to(_record(decayed), 370, {"decayed": Advice("halved", 180, "pay")})
    assert (way.days, way.acts[0].goal) == (540, "below 0.02")


def test_what_has_no_value_or_no_advice_is_left_alone() -> None:
    record = _record(
        _feature("share", None, (0, 0), (0.9, 40)), _feature("friends", 0, (0, 0), (1, 99))
    )
    assert list(ways_to(record, 380, ADVICE)) == []


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from((0, 90, 180, 365))), max_size=6),
    st.integers(1, 120),
)
def test_every_way_is_the_one_with_the_fewest_acts_of_its_time(
    acts: list[tuple[int, int]], missing: int
) -> None:
    features = [_feature(f"f{no}", 0, (0, 0), (1, gain)) for no, (gain, _) in enumerate(acts)]
    advice = {f"f{no}": Advice("done", days, "do it") for no, (_, days) in enumerate(acts)}
    expected: list[tuple[int, int]] = []
    for days in (0, 90, 180, 365):
        gains = [gain for gain, needed in acts if needed <= days]
        sizes = [
            size
            for size in range(1, len(gains) + 1)
            if any(sum(chosen) >= missing for chosen in combinations(gains, size))
        ]
        if sizes and (not expected or min(sizes) < expected[-1][1]):
            expected.append((days, min(sizes)))
    ways = ways_to(_record(*features), 350 + missing, advice)
    assert [(way.days, len(way.acts)) for way in ways] == expected
