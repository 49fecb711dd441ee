"""Joins what answers about consent, and the doors of people's own pages, to one installation. No rules."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fieldfare.act.delivery.pace import Pace
from fieldfare.act.delivery.preference_routes import MOST_SAVES, PreferenceDoor
from fieldfare.act.delivery.stops import channels_to
from fieldfare.act.surveys.routes import MOST_ANSWERS, SurveyDoor
from fieldfare.flow.consent_answers import ConsentAnswers
from fieldfare.flow.consent_compare import Comparing
from fieldfare.flow.consent_page import ConsentPages
from fieldfare.flow.relay import append_own, append_together
from fieldfare.flow.reviews import Reviews
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.model import PHONE
from fieldfare.trust.consent.model import EVERY, StopReach

if TYPE_CHECKING:
    from fieldfare.assembly.installation import Installation

_ONTO_LISTS = "profile"
"""Kind of address of channels that reach our own people, not the customer."""


def open_consent_answers(installation: "Installation", settle: Callable[[], object] | None = None) -> ConsentAnswers:
    """Return the answers; ``settle``: applies what is appended, where no worker does."""
    workspace, stores, clock = installation.workspace, installation.stores, installation.clock
    keep_days = workspace.keep_raw_days()[OWN_SOURCE]

    def append(event: dict[str, Any]) -> None:
        append_own(stores.log, stores.keys, event, clock.now(), keep_days, urgent=True)

    policy, kinds = workspace.consent, address_kinds(installation)
    by_phone = () if policy.stop_reach is StopReach.EVERYTHING else channels_to(PHONE, kinds)
    return ConsentAnswers(
        workspace=workspace,
        state=stores.state,
        log=stores.log,
        keys=stores.keys,
        clock=clock,
        look=installation.look,
        people=installation.people,
        reviews=Reviews(stores.state, stores.keys, clock, append, by_phone or (EVERY,)),
        comparing=Comparing(state=stores.state, look=installation.look, policy=policy, clock=clock),
        append_own=append,
        settle=settle,
    )


def preference_door(installation: "Installation", append: Callable[[dict[str, Any]], None]) -> PreferenceDoor:
    """Return what people's own pages need."""
    workspace, stores, clock = installation.workspace, installation.stores, installation.clock
    kinds = {name: kind for name, kind in address_kinds(installation).items() if kind != _ONTO_LISTS}
    pages = ConsentPages(stores.state, workspace.consent, kinds, clock, workspace.locations.around)
    return PreferenceDoor(
        brand=workspace.brand.name,
        policy=workspace.consent,
        links=installation.links.pages,
        choices=pages.choices,
        waiting=pages.waiting,
        append_event=append,
        clock=clock,
        pace=Pace(MOST_SAVES),
    )


def survey_door(installation: "Installation") -> SurveyDoor:
    """Return what the pages of surveys need."""
    workspace, stores, clock = installation.workspace, installation.stores, installation.clock
    keep_days = workspace.keep_raw_days()[OWN_SOURCE]

    def append(events: list[dict[str, Any]]) -> None:
        append_together(stores.log, stores.keys, events, clock.now(), keep_days, urgent=False)

    return SurveyDoor(
        brand=workspace.brand.name,
        surveys=workspace.surveys,
        links=installation.links.surveys,
        append=append,
        clock=clock,
        pace=Pace(MOST_ANSWERS),
    )


def address_kinds(installation: "Installation") -> dict[str, str]:
    """Return the kind of address that each channel reaches."""
    return {name: channel.capabilities.address for name, channel in installation.channels.items()}
