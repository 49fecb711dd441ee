"""Look for profiles that may be one person, and ask. Joins nobody: the answer is a person's.

Flow: open every profile's traits, in memory only; train a model on them (or take a given one) and keep it; score; leave
out what was decided; hand the questions to the review queue. The same profiles give the same questions, and asking them
again asks nothing new.
"""

from typing import Any

from fieldfare.flow.work import decode_document, open_personal
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.know.identity.match.explain import sentence
from fieldfare.know.identity.match.kept_models import KeptModels
from fieldfare.know.identity.match.model import Model
from fieldfare.know.identity.match.ports import Matcher, Suggestions
from fieldfare.know.identity.match.records import Person, columns_of, records_of
from fieldfare.know.identity.match.suggest import LEAST, fingerprint, suggest
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.keys.model import profile_owner
from fieldfare.trust.keys.seal import Keys

LEAST_PROFILES = 50
"""With fewer there is nothing to learn from, and a person sees them at a glance."""
SHOWN = 20
_PAGE = 1_000


class SuggestIdentities:
    """Finds questions about the profiles of an installation."""

    def __init__(self, state: State, keys: Keys, models: KeptModels) -> None:
        """Read profiles from ``state``; keep models."""
        self._state, self._keys, self._models = state, keys, models

    def run(
        self,
        matcher: Matcher,
        queue: Suggestions | None,
        now: Instant,
        *,
        model: Model | None = None,
        least: float = LEAST,
    ) -> dict[str, Any]:
        """Ask what is to be asked, or without a queue only tell it. ``model``: use this one instead of training.

        Raises ``CallerError`` ``match_too_few`` where there is too little to learn from.
        """
        people = self._people()
        if len(people) < LEAST_PROFILES and model is None:
            text = (
                f"There are {len(people)} profiles with traits; a model needs {LEAST_PROFILES} to learn from. "
                "Load more, or give a trained model with --model."
            )
            raise CallerError("match_too_few", text)
        records = records_of("profiles", people)
        used = model if model is not None else matcher.train(records)
        pairs = matcher.score(records, used)
        ids = [int(person.id) for person in people]
        decided = queue.decided() if queue is not None else frozenset[tuple[int, int]]()
        found = suggest(used, ids, pairs, decided, least)
        return {
            "profiles": len(people),
            "columns": {name: field.value for name, field in columns_of(people).items()},
            "model": fingerprint(used),
            "kept_as": self._models.keep(used),
            "questions": len(found),
            "new": queue.put(found, now) if queue is not None else None,
            "surest": [
                {"a": each.a, "b": each.b, "confidence": each.confidence, "why": sentence(each.explanation)}
                for each in found[:SHOWN]
            ],
        }

    def _people(self) -> list[Person]:
        found: list[Person] = []
        after = 0
        with self._state.read() as connection:
            while ids := profile_store.load_after(connection, after, _PAGE):
                after = ids[-1]
                self._keys.sealers(map(profile_owner, ids))  # all of the page at once; each is then in memory
                for profile_id, body, _ in profile_store.load(connection, ids):
                    document = decode_document(profile_id, body)
                    traits = {**document.traits, **open_personal(self._keys, profile_id, document)}
                    if traits:
                        values = {name: fact.value for name, fact in traits.items()}
                        found.append(Person(str(profile_id), values))
        return found
