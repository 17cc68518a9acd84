"""`plainscore site`: files for any static host, on which a browser explains anybody's score."""

from pathlib import Path


def site(
    out: Path,
    *,
    as_of: list[str] | None = None,
    engine: Path | None = None,
    data: Path = Path("data"),
) -> int:
    """Write a site with no server: reports, and a page that looks up and explains anybody.

    The browser does it by itself, with DuckDB compiled to WebAssembly over files of this folder.
    Its engine is fetched with npm when the site is written; the site itself fetches nothing from
    elsewhere. Whoever can read the folder can read everybody's score.

    Parameters
    ----------
    out
        The folder to write. One that holds a site is replaced as a whole, any other must be empty.
    as_of
        A published date, a month, or latest (so by default); give it again for further dates.
    engine
        Keep the engine here, or take it from here: then npm is not needed, nor a network.
    data
        The data directory.
    """
    from plainscore.contracts.catalog import load_catalog
    from plainscore.runs.inputs import is_invented_world
    from plainscore.runs.report import boxes
    from plainscore.scorecards.reading import read_scorecards
    from plainscore.settings import read_settings
    from plainscore.show.site import SiteRequest, refuse_other_folder, write_site

    refuse_other_folder(out.resolve())
    catalog = load_catalog(read_scorecards(read_settings(data).scorecards))
    words, is_invented = as_of or ["latest"], is_invented_world(data)
    write_site(SiteRequest(data, words, out.resolve(), engine, boxes(catalog), is_invented))
    print(out.resolve() / "index.html")
    return 0
