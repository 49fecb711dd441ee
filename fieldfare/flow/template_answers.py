"""What is answered about templates: those there are, what they make of real people, and a preview for one of them.

A check renders a template as delivery would, for people of the audiences that its journeys enter by, and walks through
every branch with constructed values; it names nobody. A preview shows one person's message; personal values are masked,
and to see them is a *reveal*: it needs a name and a reason, and is recorded before anything is answered. Nothing is
sent, nothing else is written. A preview's way out leads nowhere. A test message is made here too, with masked values;
``try_message`` sends it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.act.delivery.branches import source_of, walk
from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.compose import LANGUAGES, Composer, unfit
from fieldfare.act.delivery.model import Address, Capabilities, Message, Person
from fieldfare.act.delivery.ports import People
from fieldfare.act.delivery.render import RenderFailure, location_values
from fieldfare.act.delivery.segments import segments_of
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.act.delivery.wording import OWN, Template, is_locale
from fieldfare.decide.journeys.definition import Send
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.trait_answers import Reveal
from fieldfare.flow.work import decode_document
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.identity.resolve import NO_PROFILE
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import TraitType
from fieldfare.learn.experiments.model import Arm

USUAL_SAMPLE, MOST_SAMPLE = 200, 10_000
_MEMBERS = "SELECT profile_id FROM memberships WHERE audience = ? ORDER BY hash(profile_id) LIMIT ?"
_SAMPLES: dict[str, Any] = {
    TraitType.NUMBER: 7,
    TraitType.BOOLEAN: True,
    TraitType.DATE: "2026-01-15",
    TraitType.INSTANT: "2026-01-15T12:00:00Z",
    TraitType.LIST: ["a", "b"],
}
_NOWHERE = "https://preview.invalid"
MARK, TEST_HEADER = "[Test] ", "X-Fieldfare-Test"
"""How a test message says that it is one."""


class TemplateAnswers:
    """Answers about templates."""

    def __init__(
        self,
        workspace: Workspace,
        composer: Composer,
        people: People,
        look: Look,
        state: State,
        lake: Lake,
        loader: LakeLoader,
        clock: Clock,
    ) -> None:
        """Read with these parts; ``composer`` is the one that delivery has."""
        self._workspace, self._people, self._look, self._state = workspace, people, look, state
        self._lake, self._loader, self._clock = lake, loader, clock
        nowhere = Unsubscribe(_NOWHERE, lambda _: b"preview", lambda sealed: sealed)
        self._composer = msgspec.structs.replace(composer, links=None, unsubscribe=nowhere)
        self._abilities = {name: capabilities_of(spec) for name, spec in workspace.channels.items()}

    def all(self) -> list[dict[str, Any]]:
        """Return every template: what it is for and who sends it."""
        return [
            {
                "template": each.name,
                "channel": each.channel,
                "address": self._can(each).address,
                "purpose": each.purpose,
                "locales": sorted(name for name in each.wordings if name != OWN),
                "has_fallback": bool(each.fallbacks),
                "journeys": sorted({journey for journey, _ in self._sends(each.name)}),
                "broadcasts": sorted(told.name for told in self._broadcasts(each.name)),
            }
            for each in self._workspace.templates.values()
        ]

    def check(self, name: str | None, sample: int = USUAL_SAMPLE) -> list[dict[str, Any]]:
        """Return what each template, or the one named, makes of real people and of constructed values."""
        if not 1 <= sample <= MOST_SAMPLE:
            text = f"A sample of {sample} people cannot be taken. Give 1 to {MOST_SAMPLE:,}."
            raise CallerError("sample_size", text, field="sample")
        names = [self.template(name).name] if name is not None else sorted(self._workspace.templates)
        self._loader.sync()
        return [self._checked(self._workspace.templates[each], sample) for each in names]

    def preview(
        self,
        name: str,
        told: str,
        locale: str | None = None,
        location: str | None = None,
        reveal: Reveal | None = None,
    ) -> dict[str, Any]:
        """Return the message that the person would get, or why there would be none."""
        template = self.template(name)
        self._check_asked(locale, location)
        profile_id, _ = self._look.person(told)
        can = self._can(template)
        person = self._load([profile_id], can.address).get(profile_id)
        if person is None or person.address is None:
            return _unmade(template, profile_id, RenderFailure("address", None, f"the profile has no {can.address}"))
        if location is not None:
            person = msgspec.structs.replace(person, location=location)
        if reveal is None:
            person = self._masked(profile_id, person)
        else:
            with self._state.write() as connection:
                asked = (f"template {name}", reveal.actor, reveal.reason, self._clock.now())
                profile_store.insert_reveal(connection, profile_id, *asked)
        made = self._made(template, profile_id, person, can, locale)
        if isinstance(made, RenderFailure):
            return _unmade(template, profile_id, made)
        return {
            "template": template.name,
            "profile_id": profile_id,
            "is_made": True,
            "channel": template.channel,
            "to": made.to,
            "subject": made.subject,
            "text": made.text,
            "html": made.html,
            "variant": made.variant,
            "location": made.location,
            "segments": msgspec.to_builtins(segments_of(made.text.strip())) if can.max_segments else None,
            "revealed": reveal is not None,
        }

    def _check_asked(self, locale: str | None, location: str | None) -> None:
        if locale is not None and not is_locale(locale):
            text = f"`{locale[:40]}` is no locale. Write a language such as `de`, or `de-at`."
            raise CallerError("locale_unknown", text, field="locale")
        places = self._workspace.places
        if location is not None and location not in places:
            hint = nearest(location, places) or f"Locations: {quoted(places) or 'none'}."
            raise CallerError("location_unknown", f"There is no location `{location[:64]}`. {hint}", field="location")

    def make_test(
        self,
        name: str,
        proposal_id: str,
        address: Address,
        told: str | None,
        locale: str | None,
        location: str | None,
    ) -> tuple[Proposal, Message | RenderFailure]:
        """Return a test of a template for one of our own people, marked as such: as the person told would get it.

        Personal values are masked; without a person every trait has a value made for it.
        """
        template = self.template(name)
        self._check_asked(locale, location)
        can, profile_id, traits = self._can(template), NO_PROFILE, self._constructed_traits()
        if told is not None:
            profile_id, _ = self._look.person(told)
            known = self._load([profile_id], can.address).get(profile_id)
            traits = self._masked(profile_id, known).traits if known is not None else {}
            location = location if location is not None or known is None else known.location
        person = Person(address=address, traits=traits, location=location)
        wish = msgspec.structs.replace(self._proposal(template, profile_id), id=proposal_id)
        made = self._composer.compose(wish, person, address, can, language=locale)
        return wish, made if isinstance(made, RenderFailure) else marked(made, can)

    def template(self, name: str) -> Template:
        """Return a template. Raises ``CallerError`` ``template_unknown``."""
        found = self._workspace.templates.get(name)
        if found is None:
            hint = nearest(name, self._workspace.templates) or f"Templates: {quoted(self._workspace.templates)}."
            text = f"There is no template `{name[:64]}`. {hint}"
            raise CallerError("template_unknown", text, field="template", status=404)
        return found

    def _can(self, template: Template) -> Capabilities:
        return self._abilities.get(template.channel) or Capabilities(address="email", receipts=False)

    def _sends(self, name: str) -> list[tuple[str, Send]]:
        return [
            (journey.name, step)
            for journey in self._workspace.journeys.values()
            for step in journey.steps.values()
            if isinstance(step, Send) and name in step.by_channel.values()
        ]

    def _broadcasts(self, name: str) -> list[Broadcast]:
        return [each for each in self._workspace.broadcasts.values() if name in each.by_channel.values()]

    def _load(self, profile_ids: Sequence[int], kind: str) -> dict[int, Person]:
        with self._state.read() as connection:
            found = self._people.load(connection, [(each, kind) for each in profile_ids])
        return {profile_id: person for (profile_id, _), person in found.items()}

    def _checked(self, template: Template, sample: int) -> dict[str, Any]:
        can = self._can(template)
        whose, ids = self._sample(template, sample)
        people = self._load(ids, can.address)
        counts: Counter[str] = Counter()
        missing: Counter[tuple[str, str | None, str]] = Counter()
        segments = 0
        for profile_id, person in people.items():
            made = self._made(template, profile_id, person, can, None)
            if isinstance(made, RenderFailure):
                counts["refused"] += 1
                missing[made.part, made.variable, made.why] += 1
            else:
                counts["fallback" if made.variant.endswith("/fallback") else "rendered"] += 1
                segments = max(segments, segments_of(made.text.strip()).count)
        branches, failures = self._walked(template)
        told = [
            {"part": part, "variable": variable, "why": why, "profiles": count}
            for (part, variable, why), count in missing.most_common()
        ]
        return {
            "template": template.name,
            "channel": template.channel,
            "people": whose,
            "profiles": len(people),
            **{name: counts[name] for name in ("rendered", "fallback", "refused")},
            "missing": told,
            "most_segments": segments if can.max_segments is not None else None,
            "branches": branches,
            "failures": failures,
            "is_ok": not told and not failures and all(each["is_reached"] for each in branches),
        }

    def _sample(self, template: Template, sample: int) -> tuple[str, list[int]]:
        """Return whose sample it is, and the people: of the audiences that lead to it, else anybody."""
        journeys = {name for name, _ in self._sends(template.name)}
        entries = [self._workspace.journeys[name].entry.audience for name in sorted(journeys)]
        entries += [each.audience for each in self._broadcasts(template.name)]
        audiences = sorted({audience for audience in entries if audience is not None})
        ids: list[int] = []
        for audience in audiences:
            rows = self._lake.arrow(_MEMBERS, [audience, -(-sample // len(audiences))]).to_pylist()
            ids += [row["profile_id"] for row in rows]
        if ids:
            return f"audience {', '.join(audiences)}", sorted(set(ids))[:sample]
        with self._state.read() as connection:
            return "all profiles", profile_store.load_after(connection, 0, sample)

    def _made(
        self, template: Template, profile_id: int, person: Person, can: Capabilities, locale: str | None
    ) -> Message | RenderFailure:
        address = person.address or Address("somebody@example.com", b"")
        proposal = self._proposal(template, profile_id)
        return self._composer.compose(proposal, person, address, can, language=locale)

    def _proposal(self, template: Template, profile_id: int) -> Proposal:
        """Return a wish for the template, with the variables of the first journey or broadcast that sends it."""
        now = self._clock.now()
        uses: list[Send | Broadcast] = [
            *(each for _, each in self._sends(template.name)),
            *self._broadcasts(template.name),
        ]
        send = next(iter(uses), None)
        purposes = [name for name, each in self._workspace.consent.purposes.items() if each.required]
        purpose = template.purpose or (send.purpose if send is not None else next(iter(purposes), "marketing"))
        given = {name: f"<{name}>" for name in template.required} | (send.variables if send is not None else {})
        return Proposal(
            id="preview",
            profile_id=profile_id,
            journey="",
            version="",
            step="",
            enrollment_id="",
            experiment=None,
            arm=Arm.TREATED,
            channel=template.channel,
            template=template.name,
            purpose=purpose,
            priority=0,
            proposed_at=now,
            due_at=now,
            expires_at=now + DAY,
            event_id="preview",
            variables=given,
            survey=send.survey if isinstance(send, Send) else None,
        )

    def _walked(self, template: Template) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Walk through every part of every wording."""
        branches: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        seen: set[str] = set()
        for where, name, part in template.parts():
            source = source_of(part)
            if source in seen:
                continue
            seen.add(source)
            found = walk(part, self._constructed(template, part))
            at = {"variant": where, "part": name}
            branches += [
                {**at, "line": each.line, "tag": each.tag, "is_reached": each.is_reached} for each in found.branches
            ]
            failures += [{**at, "why": why} for why in found.failures]
        return branches, failures

    def _constructed(self, template: Template, part: Any) -> dict[str, Any]:
        """Return values with everything there, of the declared types."""
        values: dict[str, Any] = {name: value for name, value in template.defaults.items() if value is not None}
        values |= {name: f"<{name}>" for name in template.required}
        values |= {"profile": {}, "event": {}, "brand": dict(self._composer.brand), "unsubscribe_url": _NOWHERE}
        values |= {"preferences_url": _NOWHERE, "confirm_url": _NOWHERE, "survey_url": _NOWHERE}
        values |= {"reason": "reason", "human": "human"}
        place = next(iter(self._composer.places.values()), None)
        values["location"] = location_values(template, place)
        used = part.analyze().globals
        for root in ("profile", "event"):
            for variable in used.get(root, ()):
                if len(variable.segments) > 1:
                    name = str(variable.segments[1])
                    spec = self._workspace.traits.get(name)
                    values[root][name] = _SAMPLES.get(spec.type, "Sample") if spec is not None else "Sample"
        return values

    def _constructed_traits(self) -> dict[str, Any]:
        """Return a value for every trait; texts say which one it is. A language is left to the template."""
        names = {name: spec for name, spec in self._workspace.traits.items() if name not in LANGUAGES}
        return {name: _SAMPLES.get(spec.type, f"<{name}>") for name, spec in names.items()}

    def _masked(self, profile_id: int, person: Person) -> Person:
        """Return the person with every personal value hidden, and the address too."""
        with self._state.read() as connection:
            rows = profile_store.load(connection, [profile_id])
        plain = set(decode_document(profile_id, rows[0][1]).traits) if rows else set()
        traits = {name: value if name in plain else _mask(name, value) for name, value in person.traits.items()}
        address = None if person.address is None else Address("(masked)", person.address.hash)
        return msgspec.structs.replace(person, traits=traits, address=address)


def marked(message: Message, can: Capabilities) -> Message | RenderFailure:
    """Return a message marked as a test, with no way out of its own: nobody can leave by it."""
    text = message.text if message.subject is not None else MARK + message.text
    subject = None if message.subject is None else MARK + message.subject
    made = msgspec.structs.replace(
        message, subject=subject, text=text, headers={TEST_HEADER: "yes"}, unsubscribe_url=None
    )
    return unfit(made, can) or made


def _mask(name: str, value: Any) -> Any:
    """Return something of the same kind that says nothing, so that filters go on working."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return 0
    if isinstance(value, str):
        try:
            date.fromisoformat(value[:10])
        except ValueError:
            return f"<{name}>"
        return f"2000-01-01{value[10:] and 'T00:00:00Z'}"
    return [f"<{name}>"] if isinstance(value, list) else {}


def _unmade(template: Template, profile_id: int, failure: RenderFailure) -> dict[str, Any]:
    told: Mapping[str, Any] = msgspec.to_builtins(failure)
    return {"template": template.name, "profile_id": profile_id, "is_made": False, "failure": dict(told)}
