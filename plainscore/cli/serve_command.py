"""`plainscore serve`: run what prefect.yaml schedules, from one process."""

import sys
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
    from plainscore.flows.scheduling.declared import read_declared
    from plainscore.flows.scheduling.prefect_start import prepare_prefect

    declared = read_declared(file)
    prepare_prefect(is_watched=True)
    from plainscore.flows.scheduling.serving import serve_declared

    def tell(pages: str) -> None:
        scheduled = [one.name for one in declared if one.schedules]
        print(f"scheduled: {', '.join(scheduled)}; look at {pages}", file=sys.stderr, flush=True)

    serve_declared(declared, port, tell)
    return 0
