"""Write a bundle that Superset imports: datasets, ten charts and a dashboard over an export.

    plainscore export out --all
    python dashboards/superset/bundle.py out/scores.duckdb plainscore.zip
    superset import-dashboards --path plainscore.zip --username admin

The path of the DuckDB file, as Superset sees it, is part of the bundle. Needs duckdb and PyYAML.
"""

import sys
import zipfile
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import duckdb
import yaml

NAME, TITLE = "plainscore", "Scores: who has which, why, and what they open"
VERSION = "1.0.0"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the clock is no part of a bundle
PER_ROW, WIDTH, HEIGHT, LONGEST = 2, 12, 50, 12
NEWEST, SHARE = "is_latest", ".1%"

Part = dict[str, Any]
Metric = tuple[str, str]
"""What it is called, and DuckDB's SQL of it."""
Column = str | Part


def bar(x: Column, metric: Metric, where: tuple[str, ...] = (NEWEST,), **more: Any) -> Part:
    """Return the parameters of a bar chart: a bar of ``metric`` for each value of ``x``."""
    own = {"x_axis": x, "metrics": [_metric(metric)], "adhoc_filters": _filters(where)}
    shown = {"rich_tooltip": True, "show_legend": "groupby" in more}
    return {"viz_type": "echarts_timeseries_bar", "row_limit": 10_000, **own, **shown, **more}


def stacked(x: Column, metric: Metric, by: Column, *where: str, **more: Any) -> Part:
    """Return the parameters of a bar chart whose bars are divided."""
    order = {"sort_series_type": "name", "sort_series_ascending": True, "time_grain_sqla": "P1D"}
    return bar(x, metric, where, groupby=[by], stack="Stack", **order, **more)


def ranked(x: str, metric: Metric, *where: str, **more: Any) -> Part:
    """Return the parameters of a few bars from left to right, the longest on top."""
    order = {"x_axis_sort": metric[0], "x_axis_sort_asc": True, "orientation": "horizontal",
             "order_desc": True, "row_limit": LONGEST}  # fmt: skip
    return bar(x, metric, (NEWEST, *where), **{**order, **more})


def number(metric: Metric, said: str, **more: Any) -> Part:
    """Return the parameters of one large number; ``said``: what stands below it."""
    own = {"metric": _metric(metric), "adhoc_filters": _filters((NEWEST,)), "subheader": said}
    sizes = {"header_font_size": 0.4, "subheader_font_size": 0.3}
    return {"viz_type": "big_number_total", **own, **sizes, **more}


def rows(columns: list[str], *where: str) -> Part:
    """Return the parameters of a table."""
    own = {"query_mode": "raw", "all_columns": columns, "row_limit": 100}
    own["column_config"] = {one: {"d3NumberFormat": ",.4~r"} for one in columns}
    return {"viz_type": "table", **own, "adhoc_filters": _filters((NEWEST, *where))}


def computed(label: str, sql: str) -> Part:
    """Return a column that no view has."""
    return {"expressionType": "SQL", "label": label, "sqlExpression": sql}


def _metric(metric: Metric) -> Part:
    label, sql = metric
    return {
        "expressionType": "SQL", "sqlExpression": sql, "label": label, "hasCustomLabel": True,
        "optionName": f"metric_{label.replace(' ', '_')}",
    }  # fmt: skip


def _filters(where: tuple[str, ...]) -> list[Part]:
    return [
        {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": sql, "filterOptionName": sql}
        for sql in where
    ]


NO_SCORE = "count(*) filter (score is null) / count(*)::double"
NO_VALUE = "count(*) filter (value is null) / count(*)::double"
A_HEAD = "sum(points)::double / count(distinct person_id)"
GROUPS = "attribute group_name people mean_score gap_points gap_low gap_high is_significant"
BAND = computed("Band", "band_no || ' ' || band")
STEPS = computed("Score, from", "score // 20 * 20")
# Title -> (view of docs/reference/views.md, parameters).
CHARTS: dict[str, tuple[str, Part]] = {
    "People with a score": ("score", number(("People", "count(score)"), "on the newest date")),
    "People without": ("score", number(("Share", NO_SCORE), "of all", y_axis_format=SHARE)),
    "Scores on the newest date": (
        "distribution",
        stacked(STEPS, ("People", "sum(people)::bigint"), BAND, NEWEST, "is_champion"),
    ),
    "Bands at the end of each month": (
        "score",
        stacked("as_of_date", ("People", "count(*)"), BAND, "is_month_end", "band is not null",
                contributionMode="row", y_axis_format=SHARE),
    ),
    f"Where points are lost, the first {LONGEST}": (
        "feature_point", ranked("feature_label", ("Points lost, mean", "avg(points_lost)")),
    ),
    "Points by factor": (
        "feature_point",
        stacked("as_of_date", ("Points a head", A_HEAD), "factor_label", "is_month_end",
                "points is not null"),
    ),
    f"Reasons named first, the first {LONGEST}": (
        "reason", ranked("reason_short", ("People", "count(*)"), "rank = 1"),
    ),
    "Benefits that are open": (
        "benefit",
        ranked("benefit_label", ("Of the scored", "avg(is_open::int)"), y_axis_format=SHARE,
               row_limit=100),
    ),
    f"What is not on record, the first {LONGEST}": (
        "feature_point",
        ranked("feature_label", ("Of all people", NO_VALUE), y_axis_format=SHARE),
    ),
    "Gaps between groups": (
        "gap", rows(GROUPS.split(), "is_champion", "points_counted = 'all'"),
    ),
}  # fmt: skip


def uuid(kind: str, name: str = NAME) -> str:
    """Return an id that is the same in every bundle, so that importing again replaces."""
    return str(uuid5(NAMESPACE_URL, f"{NAME}/{kind}/{name}"))


def bundle(file: Path) -> dict[str, Part]:
    """Return the documents of the bundle, path -> content."""
    with duckdb.connect(str(file), read_only=True) as con:
        described = con.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() "
            "where not internal order by table_name, column_index"
        ).fetchall()
        colours = dict(
            con.execute("select band_no || ' ' || band, colour from dim_band").fetchall()
        )
    documents: dict[str, Part] = {
        "metadata": {"type": "Dashboard", "timestamp": "1980-01-01T00:00:00+00:00"},
        f"databases/{NAME}": {
            "database_name": NAME, "uuid": uuid("database"), "expose_in_sqllab": True,
            "sqlalchemy_uri": f"duckdb:///{file.resolve()}",
            "extra": {"engine_params": {"connect_args": {"read_only": True}}},
        },
        f"dashboards/{NAME}": {
            "dashboard_title": TITLE, "slug": NAME, "uuid": uuid("dashboard"), "position": layout(),
            "published": True, "metadata": {"label_colors": colours, "cross_filters_enabled": True},
        },
    }  # fmt: skip
    for view in sorted({view for view, _ in CHARTS.values()}):
        columns = [
            {"column_name": name, "type": kind, "is_dttm": kind == "DATE", "description": comment,
             "is_active": True, "groupby": True, "filterable": True}
            for table, name, kind, comment in described
            if table == view
        ]  # fmt: skip
        documents[f"datasets/{NAME}/{view}"] = {
            "table_name": view, "schema": "main", "uuid": uuid("dataset", view),
            "database_uuid": uuid("database"), "main_dttm_col": "as_of_date", "columns": columns,
            "metrics": [{"metric_name": "count", "expression": "count(*)"}],
        }  # fmt: skip
    for title, (view, params) in CHARTS.items():
        documents[f"charts/{title.replace(' ', '_')}"] = {
            "slice_name": title, "viz_type": params["viz_type"], "params": params,
            "uuid": uuid("chart", title), "dataset_uuid": uuid("dataset", view),
        }  # fmt: skip
    return documents


def layout() -> Part:
    """Return where each chart stands: rows of a few charts, one below the other."""
    placed: Part = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}},
    }
    titles = list(CHARTS)
    for start in range(0, len(titles), PER_ROW):
        row = f"ROW-{start}"
        placed["GRID_ID"]["children"].append(row)
        parents = ["ROOT_ID", "GRID_ID"]
        placed[row] = {"type": "ROW", "id": row, "children": [], "parents": parents,
                       "meta": {"background": "BACKGROUND_TRANSPARENT"}}  # fmt: skip
        for title in titles[start : start + PER_ROW]:
            chart = f"CHART-{uuid('chart', title)}"
            is_number = CHARTS[title][1]["viz_type"] == "big_number_total"
            placed[row]["children"].append(chart)
            placed[chart] = {
                "type": "CHART", "id": chart, "children": [], "parents": [*parents, row],
                "meta": {"uuid": uuid("chart", title), "sliceName": title, "chartId": 0,
                         "width": WIDTH // PER_ROW, "height": HEIGHT // 3 if is_number else HEIGHT},
            }  # fmt: skip
    return placed


def main() -> None:
    """Write the bundle of the file that is named first to the one named second."""
    if len(sys.argv) != 3:
        sys.exit("usage: python dashboards/superset/bundle.py scores.duckdb BUNDLE.zip")
    with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
        for path, document in bundle(Path(sys.argv[1])).items():
            text = yaml.safe_dump({"version": VERSION, **document}, sort_keys=False)
            archive.writestr(zipfile.ZipInfo(f"{NAME}/{path}.yaml", EARLIEST), text)


if __name__ == "__main__":
    main()
