"""`plainscore dashboard`: the live app over what is published, on this machine alone by default."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number


def dashboard(
    *,
    data: Path = Path("data"),
    address: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 8501,
) -> int:
    """Serve the figures of any two published dates, and anybody's score, to a browser.

    Needs the extra ``dashboard``. Read only; what is published while it runs is shown without a
    restart. Ctrl-C ends it.

    Parameters
    ----------
    data
        The data directory.
    address
        The address to listen on. Other than loopback shows everyone's score to whoever can reach
        it: there is no log-in.
    port
        The port to listen on.
    """
    import os
    import sys
    from importlib.util import find_spec

    from plainscore.common.errors import UsageError
    from plainscore.runs.inputs import is_invented_world
    from plainscore.show import LIVE_APP
    from plainscore.show.reader import open_snapshots

    if find_spec("streamlit") is None:
        raise UsageError("the dashboard needs Streamlit: pip install 'plainscore[dashboard]'")
    open_snapshots(data).con.close()  # raises here, at once, what is missing
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(LIVE_APP)]
    command += [f"--{name}={value}" for name, value in options.items()]
    world = "invented" if is_invented_world(data) else "delivered"
    print(f"http://{address}:{port} shows {data.resolve()}; Ctrl-C ends it", file=sys.stderr)
    sys.stderr.flush()
    os.execv(sys.executable, [*command, "--", str(data.resolve()), world])
