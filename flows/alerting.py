"""Automations of Prefect that notify a person of our events."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from prefect.blocks.core import Block
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from plainscore.common.errors import UsageError
from plainscore.flows.artifacts import PUBLISHED, TROUBLE

WEBHOOK_NAME = "plainscore"


def webhook_block(url: str) -> UUID:
    """Save Prefect's webhook block for an address that takes JSON with subject and text."""
    block = CustomWebhookNotificationBlock(
        name=WEBHOOK_NAME,
        url=url,
        json_data={"subject": "{{subject}}", "text": "{{body}}"},
        headers=None,
        cookies=None,
    )
    return UUID(str(block.save(WEBHOOK_NAME, overwrite=True)))


def saved_block(slug: str) -> UUID:
    """Return the id of a notification block, such as ``slack-webhook/operators``.

    Raises UsageError if no such block is saved.
    """
    try:
        block = cast("Block", Block.load(slug))
    except ValueError as error:
        raise UsageError(f"Prefect has no block {slug}: {error}") from error
    return UUID(str(block._block_document_id))


def alert_by(block: UUID, silent_hours: float) -> list[str]:
    """Make the automations for trouble and silence, replacing earlier ones; return their names.

    ``silent_hours``: hours without a new snapshot after which even a stopped schedule is reported.
    """
    # Name, description, trigger, events, within, subject and body of what is sent.
    automations: list[tuple[Any, ...]] = [
        (
            "plainscore: trouble",
            "A run was refused or failed, a snapshot is stale, or the score drifted.",
            *(Posture.Reactive, set(TROUBLE), timedelta(0)),
            *("{{ event.event }} in {{ event.resource.name }}", "{{ event.payload.message }}"),
        ),
        (
            "plainscore: silence",
            "Nothing was published for so long that the schedule may have stopped.",
            *(Posture.Proactive, {PUBLISHED}, timedelta(hours=silent_hours)),
            *("plainscore is silent", f"no snapshot was published for {silent_hours:g} hours"),
        ),
    ]
    with get_client(sync_client=True) as client:
        for name, what, posture, events, within, subject, body in automations:
            send = SendNotification(block_document_id=block, subject=subject, body=body)
            trigger = EventTrigger(
                expect=events,
                match={"prefect.resource.id": "plainscore.data.*"},
                posture=posture,
                threshold=1,
                within=within,
            )
            for old in client.read_automations_by_name(name):
                client.delete_automation(old.id)
            made = AutomationCore(name=name, description=what, trigger=trigger, actions=[send])
            client.create_automation(made)
    return [name for name, *_ in automations]
