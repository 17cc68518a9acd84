"""A column goes back to the columns of the logs that it is made from, and to no others."""

import pytest

from plainscore.cli.study import lineage as lineage_command
from plainscore.common.errors import UsageError
from plainscore.contracts.lineage import Lineages, lineage
from tests.transforms.worked_example import house


def test_a_score_goes_back_to_every_log() -> None:
    logs = {name.split(".")[1] for name in lineage(house(), "score.score").log_columns}
    assert logs == {"profile", "purchase", "payment", "service", "friendship"}


def test_a_feature_goes_back_to_its_own_log_columns() -> None:
    assert lineage(house(), "spending.category_concentration").log_columns == [
        "events.purchase.amount_cents",
        "events.purchase.category",
        "events.purchase.event_date",
        "events.purchase.event_id",
        "events.purchase.event_time",
        "events.purchase.event_type",
        "events.purchase.merchant_id",
        "events.purchase.order_id",
        "events.purchase.person_key",
    ]


def test_a_count_of_rows_goes_back_to_what_decides_which_rows() -> None:
    sources = lineage(house(), "eligibility.paid_bill_count").sources
    assert [str(source.name) for source in sources] == ["staging.bill.paid_date"]


def test_a_filter_before_an_aggregate_counts_as_a_source() -> None:
    sources = {str(s.name) for s in lineage(house(), "credit_history.history_months").sources}
    assert sources == {"staging.bill.paid_date", "staging.bill.bill_type"}


def test_demographics_are_in_the_lineage_of_no_score() -> None:
    logged = lineage(house(), "score.score").log_columns
    assert not {n for n in logged if n.endswith((".region", ".birth_year", ".gender"))}


def test_every_column_goes_back_to_logs_scorecards_constants_or_the_clocks() -> None:
    clocks_and_constants = {
        "as_of_date", "known_on", "scorecard", "rank", "attribute", "points_counted",
        "outcome_date", "outcome_known_on", "log", "reason", "is_used",
    }  # fmt: skip
    lineages = Lineages(house())
    ends = {
        str(node.name)
        for table in house().tables.values()
        for column in table.columns
        for node in lineages.of(f"{table.name}.{column.name}").each_once()
        if not node.sources and not house()[node.name.table].is_source
        if node.name.column not in clocks_and_constants
    }
    assert ends == set()


def test_a_short_name_means_the_table_made_last() -> None:
    assert lineage(house(), "score.score").name.table == "published.score"
    assert lineage(house(), "scores.score.score").name.table == "scores.score"


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("score.scor", "score.score"),
        ("staging.bil.paid_date", "staging.bill.paid_date"),
        ("nonsense", "plainscore dictionary"),
    ],
)
def test_an_unknown_column_is_reported_with_near_names(wrong: str, near: str) -> None:
    with pytest.raises(UsageError, match=near):
        lineage(house(), wrong)


def test_the_command_draws_a_tree_down_to_the_logs(capsys: pytest.CaptureFixture[str]) -> None:
    assert lineage_command("eligibility.paid_bill_count") is None
    printed = capsys.readouterr().out
    assert printed.startswith("features.eligibility.paid_bill_count\n└── staging.bill.paid_date\n")
    assert "events.payment.amount_cents" in printed
