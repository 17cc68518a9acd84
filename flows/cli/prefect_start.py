"""How our commands start Prefect; whoever deploys the flows sets these as they like."""

import os

# Without these an ephemeral server calls home, gives up on a slow start, and prints the traceback
# of every refusal that we tell in two lines.
OUR_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}


def prepare_prefect() -> None:
    """Set our defaults in the environment where the user has set nothing. Call before import."""
    for name, value in OUR_DEFAULTS.items():
        os.environ.setdefault(name, value)
