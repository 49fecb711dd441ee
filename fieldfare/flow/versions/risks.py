"""Why a change of each part of the workspace waits for an approval. Pure; sentences name no value and no secret.

What is told is what cannot be taken back or what somebody else must answer for: fields that tell of health, money,
children or whereabouts; purposes; messages that go out, and to what; gifts; consent and limits that loosen; who is who;
data that is let go sooner; the rules of approval themselves. Stopping, removing and restricting is safe.
"""

from collections.abc import Iterator

from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.wording import Template
from fieldfare.collect.contracts import Field
from fieldfare.decide.journeys.definition import Journey, Send
from fieldfare.flow.journey_reads import template_fields
from fieldfare.flow.versions.loosened import loosened_policies, loosened_purposes, loosened_signals
from fieldfare.flow.versions.model import Concern, Risk
from fieldfare.flow.workspace import Workspace

SENSITIVE = frozenset({"health", "financial", "child", "precise_location"})
"""Sensitivities whose every new use somebody approves."""
GIFTS = frozenset({"coupon", "credit", "discount", "incentive", "offer", "voucher"})
"""Names, or last parts of names, of variables by which a journey gives something away."""
_WHERE = ("driver", "address", "host", "url", "from_email")
"""What of a channel decides where messages go, and from whom."""


def workspace_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield what a change of ``workspace.yaml`` risks."""
    if before.settings.approvers != after.settings.approvers:
        yield Risk(Concern.APPROVAL_RULES, "workspace", "who may approve changes is not the same")
    if before.settings.large_audience < after.settings.large_audience:
        yield Risk(Concern.APPROVAL_RULES, "workspace", "larger audiences need no approval")
    if set(after.settings.test_recipients) - set(before.settings.test_recipients):
        yield Risk(Concern.SENDS, "workspace", "test messages may go to more addresses, which no consent is asked for")
    for name, source in after.sources.items():
        old = before.sources.get(name)
        more = sorted(set(source.verifies) - set(old.verifies if old is not None else ()))
        if more:
            what = f"the source `{name}` is believed to have verified {', '.join(more)}"
            yield Risk(Concern.IDENTITY_RULES, "workspace", what)
    yield from _let_go(before.keep_raw_days(), after.keep_raw_days(), "raw records of")


def collect_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield what a change of ``collect.yaml`` risks."""
    old, new = before.contracts.settings, after.contracts.settings
    for sensitivity in sorted((new.allowed_sensitivities - old.allowed_sensitivities) & SENSITIVE):
        what = f"fields that are {sensitivity} are taken in, no longer removed"
        yield Risk(Concern.SENSITIVE_FIELD, "collect", what)
    strictness = {"none": 0, "sensitive": 1, "all": 2}
    if strictness[new.purposes_required] < strictness[old.purposes_required]:
        yield Risk(Concern.CONSENT_LOOSENED, "collect", "fewer fields must say their purposes")


def contract_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield what a change of contracts risks: sensitive fields, and purposes that a field did not have."""
    old, new = _contract_fields(before), _contract_fields(after)
    for (event, field), policy in sorted(new.items()):
        earlier = old.get((event, field))
        thing = f"contracts/{event}"
        if policy.sensitivity in SENSITIVE and (earlier is None or earlier.sensitivity != policy.sensitivity):
            yield Risk(Concern.SENSITIVE_FIELD, thing, f"`{field}` is {policy.sensitivity}")
        if earlier is None:
            continue
        if earlier.sensitivity != "none" and policy.sensitivity == "none":
            yield Risk(Concern.SENSITIVE_FIELD, thing, f"`{field}` was {earlier.sensitivity} and is no longer sealed")
        for purpose in sorted(set(policy.purposes) - set(earlier.purposes)):
            yield Risk(Concern.NEW_PURPOSE, thing, f"`{field}` may be used for `{purpose}`")


def _contract_fields(workspace: Workspace) -> dict[tuple[str, str], Field]:
    contracts = workspace.contracts.in_force()
    return {(contract.event, name): field for contract in contracts for name, field in contract.fields.items()}


def identity_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield that who is who may change."""
    if before.identity != after.identity:
        yield Risk(Concern.IDENTITY_RULES, "identity", "who is who may change; `fieldfare plan` says how many")


def trait_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield what a change of traits risks."""
    for name, spec in after.traits.items():
        old = before.traits.get(name)
        if spec.sensitivity in SENSITIVE and (old is None or old.sensitivity != spec.sensitivity):
            yield Risk(Concern.SENSITIVE_FIELD, "traits", f"`{name}` is {spec.sensitivity}")
        if old is None:
            continue
        if old.sensitivity != "none" and spec.sensitivity == "none":
            yield Risk(Concern.SENSITIVE_FIELD, "traits", f"`{name}` was {old.sensitivity} and is no longer sealed")
        for purpose in sorted(set(spec.purposes) - set(old.purposes)):
            yield Risk(Concern.NEW_PURPOSE, "traits", f"`{name}` may be used for `{purpose}`")
        for derived, how in sorted(set(spec.derive) - set(old.derive)):
            if spec.sensitivity in SENSITIVE:
                yield Risk(Concern.SENSITIVE_FIELD, "traits", f"`{derived}` shows the {how} of `{name}` in clear")
    retained = {name: spec.retention_days for name, spec in before.traits.items()}
    yield from _let_go(
        retained, {name: spec.retention_days for name, spec in after.traits.items()}, "values of", "traits"
    )


def _let_go(
    before: dict[str, int | None] | dict[str, int],
    after: dict[str, int | None] | dict[str, int],
    what: str,
    thing: str = "workspace",
) -> Iterator[Risk]:
    """Yield what is let go sooner than before: it cannot be had back."""
    for name, days in after.items():
        if name not in before or days is None:
            continue
        old = before[name]
        if old is None or days < old:
            told = f"{what} `{name}` are let go after {days} days, {'not at all' if old is None else old} before"
            yield Risk(Concern.IRREVERSIBLE, thing, told)


def consent_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield new purposes, and what people need no longer agree to."""
    for name in after.consent.purposes.keys() - before.consent.purposes.keys():
        yield Risk(Concern.NEW_PURPOSE, "consent", f"`{name}` is a new purpose")
    loosened = [what for _, what in loosened_purposes(before.consent, after.consent)]
    for what in (*loosened, *loosened_signals(before.consent, after.consent)):
        yield Risk(Concern.CONSENT_LOOSENED, "consent", what)


def policy_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield what the gate would no longer forbid."""
    for what in loosened_policies(before.policies, after.policies):
        yield Risk(Concern.CONSENT_LOOSENED, "policies", what)


def channel_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield channels that reach people by another way, or that begin to reach them at all."""
    used = {send.channel for journey in after.journeys.values() for send in sends_of(journey)}
    for name, spec in after.channels.items():
        old = before.channels.get(name)
        if spec.driver == "capture" or name not in used:
            continue
        if old is None or any(getattr(old, each) != getattr(spec, each) for each in _WHERE):
            yield Risk(Concern.SENDS, "channels", f"`{name}` {_way(old, spec)}")


def action_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield kinds of action that give something away under other rules, or cannot be taken back."""
    for name, kind in after.actions.items():
        old = before.actions.get(name)
        if kind == old:
            continue
        yield Risk(
            Concern.INCENTIVE, "actions", f"`{name}` is {'asked for anew' if old is None else 'ruled otherwise'}"
        )
        if not kind.is_reversible and (old is None or old.is_reversible):
            yield Risk(Concern.IRREVERSIBLE, "actions", f"`{name}` cannot be taken back")


def _way(old: ChannelSpec | None, new: ChannelSpec) -> str:
    if old is None:
        return f"sends by {new.driver}"
    return f"sends by {new.driver}, no longer by {old.driver}" if old.driver != new.driver else "sends another way"


def template_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield messages in use that say something else, give something away, or read a sensitive trait anew."""
    used = {
        name for journey in after.journeys.values() for send in sends_of(journey) for name in send.by_channel.values()
    }
    for name, template in after.templates.items():
        old, thing = before.templates.get(name), f"templates/{name}"
        is_other = old is None or old.sources != template.sources or old.defaults != template.defaults
        if old is not None and is_other and name in used:
            yield Risk(Concern.SENDS, thing, "a message that journeys send says something else")
        if template.incentive is not None and (is_other or old is None or old.incentive != template.incentive):
            yield Risk(Concern.INCENTIVE, thing, "it gives something away")
        read = sensitive_reads(after, template) - (sensitive_reads(before, old) if old is not None else set())
        for trait in sorted(read):
            yield Risk(
                Concern.SENSITIVE_FIELD, thing, f"it reads `{trait}`, which is {after.traits[trait].sensitivity}"
            )


def sensitive_reads(workspace: Workspace, template: Template) -> set[str]:
    """Return the sensitive traits that a template reads."""
    read = {name for root, name in template_fields(template) if root == "profile"}
    sensitive = {name for name, spec in workspace.traits.items() if spec.sensitivity in SENSITIVE}
    return sensitive if None in read else {name for name in read if name in sensitive}


def journey_risks(before: Workspace, after: Workspace) -> Iterator[Risk]:
    """Yield journeys that write to people otherwise than before."""
    for name, journey in after.journeys.items():
        old, thing = before.journeys.get(name), f"journeys/{name}"
        sends = sends_of(journey)
        if not sends or (old is not None and _walk(old) == _walk(journey)):
            continue
        what = "a new journey writes to people" if old is None else "it writes to other people, or otherwise"
        yield Risk(
            Concern.SENDS,
            thing,
            f"{what}: {', '.join(sorted({name for send in sends for name in send.by_channel.values()}))}",
        )
        if _gives(sends) - (_gives(sends_of(old)) if old is not None else set()):
            yield Risk(Concern.INCENTIVE, thing, "a step sets a variable that gives something away")
        purposes = {send.purpose for send in sends} - {send.purpose for send in (sends_of(old) if old else ())}
        if old is not None:
            for purpose in sorted(purposes):
                yield Risk(Concern.NEW_PURPOSE, thing, f"it writes for `{purpose}`")


def _walk(journey: Journey) -> tuple[object, ...]:
    """Return what of a journey decides who is written to, when and with what."""
    return (journey.entry, journey.holdout, journey.exits, journey.first, journey.steps, journey.after, journey.goal)


def sends_of(journey: Journey) -> list[Send]:
    """Return the steps that write to people."""
    return [step for step in journey.steps.values() if isinstance(step, Send)]


def _gives(sends: list[Send]) -> set[tuple[str, str]]:
    return {
        (name, repr(value))
        for send in sends
        for name, value in send.variables.items()
        if name.rpartition("_")[2] in GIFTS or name.partition("_")[0] in GIFTS
    }
