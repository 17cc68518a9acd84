"""How our commands start Prefect; whoever deploys the flows sets these as they like."""

import os

LEASES_IN_FILES = "prefect.server.concurrency.lease_storage.filesystem"
# Without these a server calls home, gives up on a slow start, and after a power cut goes on keeping
# the place of a run that never ended, for which later runs of that deployment wait.
OUR_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES_IN_FILES,
}
# Prefect prints the traceback of every refusal that a command tells in two lines.
OF_A_COMMAND = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}


def prepare_prefect(*, is_watched: bool = False) -> None:
    """Set our defaults in the environment where the user has set nothing. Call before import.

    ``is_watched``: what Prefect logs is what there is to see, as of a schedule that goes on.
    """
    for name, value in (OUR_DEFAULTS if is_watched else OUR_DEFAULTS | OF_A_COMMAND).items():
        os.environ.setdefault(name, value)
