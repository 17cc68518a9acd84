"""`plainscore serve`: run what prefect.yaml schedules, from one process."""

from pathlib import Path


def serve(*, file: Path = Path("prefect.yaml"), port: int = 4200) -> int:
    """Run what is scheduled in prefect.yaml when it is due, until Ctrl-C or SIGTERM.

    Uses the Prefect server that PREFECT_API_URL or the profile names; without one it starts its
    own on this machine, which ends with it. Runs are processes of this one, one at a time.

    Parameters
    ----------
    file
        The page that declares the deployments and their schedules.
    port
        Of the own server and its pages.
    """
    from plainscore.flows.server import set_defaults

    set_defaults(is_quiet=False)
    from plainscore.flows.serving import serve_file

    serve_file(file, port)
    return 0
