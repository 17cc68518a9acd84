"""Great Expectations validates the verdicts of a stage: one validation, one expectation.

DuckDB counts the rows that break each check, and the verdicts of a stage are a small frame of one
row per check. Great Expectations (GX) is given that frame, so it neither reads nor repeats a query.
Importing GX takes seconds of CPU: ``import_in_background`` does it in a thread while the
engine works, and only functions of this module import it.
"""

import gc
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from datetime import date
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb

from plainscore.checks.verdicts import (
    SMALL,
    CheckResult,
    check_assertions,
    check_constraints,
    errored,
    message_of,
)
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.contract import Table

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

ACCEPTED = ("passed", "warned")
"""Outcomes of a check with which a run goes on."""

NOT_NEEDED = frozenset({"altair", "scipy.stats"})
"""What GX imports for charts and tests of distributions: loaded only if something uses it."""

ABSENT = frozenset({"sqlalchemy"})
"""What GX reads databases with, and does without where it is not installed, as it is to GX here."""


def check(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    stage: str,
    parameters: Mapping[str, date],
    method: Method = STANDARD_METHOD,
    rows: int = SMALL,
) -> list[CheckResult]:
    """Return one result for each constraint of ``tables`` and each assertion after ``stage``.

    ``con`` has the tables by their own names, with about so many ``rows`` together; ``parameters``
    are the named parameters of the transforms; ``method`` has the assertions. Findings raise
    nothing: see ``refuse_if_critical``. Raises KeyboardInterrupt for a Ctrl-C during a query.
    """
    results = [
        *check_constraints(con, tables, stage, parameters, rows),
        *check_assertions(con, tables, stage, parameters, method),
    ]
    if not results:
        return []  # a method may leave a stage empty
    if validate(results).success or any(result.is_critical for result in results):
        return results
    message = message_of("Great Expectations refuses the stage, but no check found a broken row")
    return [*results, errored(stage, stage, "Great Expectations accepts the stage", message)]


def validate(results: Sequence[CheckResult]) -> "ExpectationSuiteValidationResult":
    """Return GX's validation of the verdicts of a stage.

    It succeeds if every check passed or only warns; its unexpected rows are the others.
    """
    import pandas as pd  # type: ignore[import-untyped]

    validation: ExpectationSuiteValidationResult = _definition().run(
        batch_parameters={"dataframe": pd.DataFrame(results)},
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": ["table_name", "check_name"],
        },
    )
    return validation


@cache
def _definition() -> Any:
    """Return the one validation of all stages: making its context takes longer than running it."""
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("verdicts").add_dataframe_asset("checks")
    expectation = gx.expectations.ExpectColumnValuesToBeInSet(
        column="outcome", value_set=list(ACCEPTED), severity="critical"
    )
    definition = gx.ValidationDefinition(
        name="checks",
        data=asset.add_batch_definition_whole_dataframe("every check"),
        suite=context.suites.add(gx.ExpectationSuite("checks", [expectation])),
    )
    return context.validation_definitions.add(definition)


def import_in_background() -> None:
    """Start to import GX in a thread; the first check waits for what is left of it.

    An error of the import is raised by that check. The thread is never stopped half way, because
    packages that are imported in part cannot be imported again: a process that ends early, as by
    Ctrl-C, waits for it, two seconds at most on an idle machine.
    """
    global _background
    if _background is None and "great_expectations" not in sys.modules:
        pool = ThreadPoolExecutor(1, "import great_expectations")
        _background = pool.submit(_import)
        pool.shutdown(wait=False)


_background: Future[Any] | None = None


def _great_expectations() -> Any:
    """Return the module; waits for a thread that imports it."""
    global _background
    imported, _background = _background, None
    return _import() if imported is None else imported.result()


class _Finder(MetaPathFinder):
    """Finds modules as usual for one thread, but those of ``NOT_NEEDED`` load when first used.

    Those of ``ABSENT`` are not found, unless something else has imported them.
    """

    def __init__(self) -> None:
        self.thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() != self.thread:
            return None
        if name in ABSENT:
            raise ModuleNotFoundError(f"GX does without {name}", name=name)
        if name not in NOT_NEEDED:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def _inherited(field: Any, _copied: dict[int, Any]) -> Any:
    """Return the copy of a field that a subclass changes: its own validators and what is said."""
    own = copy(field)
    own.class_validators, own.field_info = dict(field.class_validators), copy(field.field_info)
    return own


def _import() -> Any:
    from pydantic.v1.fields import ModelField

    # GX asks for this when it is imported: no connection to the outside.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # What goes wrong in a check is in its result; GX would print the traceback as well.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    finder, collected = _Finder(), gc.isenabled()
    sys.meta_path.insert(0, finder)
    # An import makes a million objects and no garbage: looking for it takes a fifth of the time,
    # and later collections need not look at them either.
    gc.disable()
    # Its 370 models copy all that hangs on each field that they inherit: a quarter of the time.
    ModelField.__deepcopy__ = _inherited  # type: ignore[attr-defined]
    try:
        import great_expectations

        gc.freeze()
    finally:
        del ModelField.__deepcopy__  # type: ignore[attr-defined]
        sys.meta_path.remove(finder)
        if collected:
            gc.enable()
    return great_expectations
