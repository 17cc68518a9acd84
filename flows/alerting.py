"""Automations of Prefect that notify a person of our events."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from prefect.blocks.core import Block
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from plainscore.common.errors import UsageError
from plainscore.flows.events import PUBLISHED, TROUBLE

WEBHOOK_NAME = "plainscore"
OURS = "plainscore.data.*"


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
    made = [
        AutomationCore(
            name="plainscore: trouble",
            description="A run was refused or failed, a snapshot is stale, or the score drifted.",
            trigger=EventTrigger(
                expect=set(TROUBLE),
                match={"prefect.resource.id": OURS},
                posture=Posture.Reactive,
                threshold=1,
                within=timedelta(0),
            ),
            actions=[
                SendNotification(
                    block_document_id=block,
                    subject="{{ event.event }} in {{ event.resource.name }}",
                    body="{{ event.payload.message }}",
                )
            ],
        ),
        AutomationCore(
            name="plainscore: silence",
            description="Nothing was published for so long that the schedule may have stopped.",
            trigger=EventTrigger(
                expect={PUBLISHED},
                match={"prefect.resource.id": OURS},
                posture=Posture.Proactive,
                threshold=1,
                within=timedelta(hours=silent_hours),
            ),
            actions=[
                SendNotification(
                    block_document_id=block,
                    subject="plainscore is silent",
                    body=f"no snapshot was published for {silent_hours:g} hours",
                )
            ],
        ),
    ]
    with get_client(sync_client=True) as client:
        for one in made:
            for old in client.read_automations_by_name(one.name):
                client.delete_automation(old.id)
            client.create_automation(one)
    return [one.name for one in made]
