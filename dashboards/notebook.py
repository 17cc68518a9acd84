"""A marimo notebook over an export: who is scored, why, and what would change it.

plainscore export out --all
pip install marimo duckdb polars pyarrow altair
SCORES=out/scores.duckdb marimo edit dashboards/notebook.py
"""

import marimo

app = marimo.App(width="medium", app_title="plainscore")


@app.cell
def _():
    import os

    import altair as alt
    import duckdb
    import marimo as mo

    con = duckdb.connect(os.environ.get("SCORES", "out/scores.duckdb"), read_only=True)
    return alt, con, mo


@app.cell
def _(alt, con):
    bands = con.sql("from dim_band order by band_no").pl()
    shares = con.sql(
        "select as_of_date, band, band_no, count(*) as people from score "
        "where is_month_end and score is not null group by all order by all"
    ).pl()
    colour = alt.Color("band", sort=None).scale(
        domain=bands["band"].to_list(), range=bands["colour"].to_list()
    )
    alt.Chart(shares, title="Bands at the end of each month").mark_bar().encode(
        x=alt.X("as_of_date:O", title="Date"),
        y=alt.Y("people", stack="normalize", title="Share of the scored"),
        color=colour,
        order="band_no",
    )
    return


@app.cell
def _(con, mo):
    ids = con.sql("select person_id from score where is_latest order by 1 limit 1000").fetchall()
    person = mo.ui.dropdown([one for (one,) in ids], value=ids[0][0], label="Person")
    mo.hstack([person])
    return (person,)


@app.cell
def _(con, mo, person):
    explained = con.execute(
        "select factor_label, feature_label, value, unit, points, max_points, points_lost "
        "from feature_point where is_latest and person_id = $person order by feature_no",
        {"person": person.value},
    ).pl()
    opened = con.execute(
        "select benefit_label, min_score, is_open, points_short from benefit "
        "where is_latest and person_id = $person order by points_short, min_score",
        {"person": person.value},
    ).pl()
    mo.vstack([mo.ui.table(explained), mo.ui.table(opened)])
    return explained, opened


if __name__ == "__main__":
    app.run()
