"""`plainscore alert`: be told of trouble by Prefect."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


def alert(*, webhook: str | None = None, block: str | None = None, silent_hours: float = 26) -> int:
    """Have Prefect tell of refused and failed runs, stale snapshots, drift, and of silence.

    Makes two automations on the Prefect server that PREFECT_API_URL or the profile names.

    Parameters
    ----------
    webhook
        An address to which subject and text are posted as JSON.
    block
        A notification block that is saved in Prefect, such as slack-webhook/operators or
        sendgrid-email/operators.
    silent_hours
        Also tell when nothing was published for so many hours.
    """
    from plainscore.common.errors import UsageError
    from plainscore.flows.server import set_defaults

    if (webhook is None) == (block is None):
        raise UsageError("give one of --webhook and --block")
    set_defaults()
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        raise UsageError("no Prefect server is set: PREFECT_API_URL=http://127.0.0.1:4200/api")
    from plainscore.flows.alerting import alert_by, saved_block, webhook_block

    told: UUID = webhook_block(webhook) if webhook is not None else saved_block(str(block))
    for name in alert_by(told, silent_hours):
        print(name)
    return 0
