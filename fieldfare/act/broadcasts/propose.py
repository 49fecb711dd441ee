"""The proposal of one recipient. Pure: the same recipient of the same run always makes the same proposal."""

from fieldfare.act.broadcasts.model import Broadcast, Run
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.ids import ordered_id
from fieldfare.ground.instants import Instant
from fieldfare.learn.experiments.model import Arm

STEP = "send"
NOT_PROPOSED = "listed"
"""State of a recipient that was not proposed yet."""


def proposal_of(
    run: Run, profile_id: int, location: str | None, now: Instant, arm: str = Arm.TREATED.value
) -> Proposal:
    """Return the wish to send the broadcast to one of its recipients, in the version of their arm.

    Who is held out is proposed too, and the gate refuses it: so their exposure is kept at the same moment.
    """
    told = run.broadcast
    version = next((each for each in told.variants if each.name == arm), None)
    return Proposal(
        id=ordered_id("prp", profile_id, run.id),
        profile_id=profile_id,
        journey=journey_of(told),
        version=told.version,
        step=STEP,
        enrollment_id=ordered_id("bcr", profile_id, run.id),
        experiment=told.experiment,
        arm=arm,
        channel=told.channel,
        template=told.template if version is None else version.template,
        purpose=told.purpose,
        priority=told.priority,
        proposed_at=now,
        due_at=now,
        expires_at=(run.started_at if run.started_at is not None else now) + told.expires_us,
        event_id=run.id,
        variables=told.variables if version is None else version.variables,
        ways=told.ways,
        location=location,
        broadcast=run.id,
    )


def journey_of(broadcast: Broadcast) -> str:
    """Return what stands in the place of a journey's name in decisions and attempts."""
    return f"broadcast:{broadcast.name}"
