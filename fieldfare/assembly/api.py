"""The HTTP application over one installation, every part joined."""

from typing import Any

from fieldfare.act.delivery.events import CONSENT_UPDATED
from fieldfare.act.delivery.preference_routes import preference_routes
from fieldfare.act.delivery.routes import delivery_routes
from fieldfare.act.surveys.routes import survey_routes
from fieldfare.assembly.access import open_access, open_provider
from fieldfare.assembly.channels import delivery_door
from fieldfare.assembly.consent import preference_door, survey_door
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import Installation, open_answers, open_erasure, open_replay_parts
from fieldfare.assembly.rehearsing import open_rehearsals
from fieldfare.assembly.screens import broken, open_live, open_screens
from fieldfare.flow.relay import append_own
from fieldfare.flow.replay_job import ReplayJob
from fieldfare.flow.worker import Worker
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.web.app import Parts, build_api
from fieldfare.web.headers import Headers
from fieldfare.web.sign_in import Brand


def open_api(installation: Installation, lake: Lake, worker: Worker) -> Headers:
    """Return the API with the rooms' routes."""
    stores, clock = installation.stores, installation.clock
    own_days = installation.workspace.keep_raw_days()[OWN_SOURCE]

    def append_event(event: dict[str, Any]) -> None:
        is_urgent = event["event"] == CONSENT_UPDATED or event["properties"].get("suppress") is True
        append_own(stores.log, stores.keys, event, clock.now(), own_days, urgent=is_urgent)

    door = delivery_door(installation, append_event)

    workspace = installation.workspace
    access, administration = open_access(stores)
    answers = open_answers(installation, lake)
    screens = open_screens(installation, lake, worker, answers)
    return build_api(
        Parts(
            answers=answers,
            screens=screens,
            live=open_live(answers, screens),
            access=access,
            administration=administration,
            provider=open_provider(stores),
            token=api_token(open_key_store(stores.folder)),
            brand=Brand(workspace.name, workspace.time_zone, workspace.currency, workspace.public_url),
            routes=[
                *delivery_routes(door),
                *preference_routes(preference_door(installation, append_event)),
                *survey_routes(survey_door(installation)),
            ],
            broken=lambda: broken(worker),
            replays=ReplayJob(open_replay_parts(installation, lake)),
            erasure=open_erasure(installation, lake),
            rehearsals=open_rehearsals(installation, lake),
        )
    )
