"""An expectation in SQL: a query whose right answer is no rows."""

from typing import Any

from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)


class ExpectNoRows(UnexpectedRowsExpectation):
    """As UnexpectedRowsExpectation, but the query runs once: its rows are counted, not fetched.

    GX would run the same query a second time for rows that a passing check does not have.
    """

    metric_dependencies = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}
