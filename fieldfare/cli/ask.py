"""Where a command gets its answers: from the running server when there is one, else from the data folder itself."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import quote

import httpx
import msgspec

from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_answers
from fieldfare.cli.ask_audiences import (
    AnsweringAudiences,
    Exporting,
    LookingAtAudiences,
    RemoteAudienceHealth,
    RemoteAudiences,
    RemoteExports,
    RemoteQueries,
    RunningQueries,
)
from fieldfare.cli.ask_consent import AnsweringConsent, RemoteConsent
from fieldfare.cli.ask_deliveries import AnsweringMessages, RemoteMessages
from fieldfare.cli.ask_experiments import AnsweringExperiments, RemoteExperiments
from fieldfare.cli.ask_identity import AnsweringIdentity, RemoteIdentity
from fieldfare.cli.ask_journeys import AnsweringJourneys, RemoteJourneys
from fieldfare.cli.ask_letters import AnsweringLetters, RemoteLetters
from fieldfare.cli.ask_messages import (
    AnsweringMailbox,
    AnsweringTemplates,
    RemoteMailbox,
    RemoteTemplates,
    RemoteTries,
    SendingTests,
)
from fieldfare.cli.ask_orders import AnsweringOrders, RemoteOrders
from fieldfare.cli.ask_profiles import AnsweringProfiles, RemoteProfiles
from fieldfare.cli.ask_seasons import AnsweringReadiness, AnsweringSchedule, AnsweringSeasons, RemoteSeasons
from fieldfare.cli.ask_traits import (
    AnsweringLifecycle,
    AnsweringTraits,
    Correcting,
    RemoteCorrections,
    RemoteLifecycle,
    RemoteTraits,
)
from fieldfare.cli.opened import opened
from fieldfare.ground.errors import CallerError, ConflictError, TransientError
from fieldfare.know.identity.overlap import Met

TIMEOUT_S = 60.0


class _Refusal(msgspec.Struct):
    """What the API answers when it refuses."""

    message: str
    code: str = "server_refused"


class Answering(Protocol):
    """The questions that commands ask."""

    @property
    def identity(self) -> AnsweringIdentity:
        """People, taken apart and together."""
        ...

    @property
    def letters(self) -> AnsweringLetters:
        """The dead letters."""
        ...

    @property
    def seasons(self) -> AnsweringSeasons:
        """Seasons, forecast and learnt."""
        ...

    @property
    def readiness(self) -> AnsweringReadiness:
        """Whether the next peak may come."""
        ...

    @property
    def schedule(self) -> AnsweringSchedule:
        """What is done by itself in season phases."""
        ...

    @property
    def lifecycle(self) -> AnsweringLifecycle:
        """What is known of stages."""
        ...

    @property
    def journeys(self) -> AnsweringJourneys:
        """Who walks, and why."""
        ...

    @property
    def templates(self) -> AnsweringTemplates:
        """What templates make of people."""
        ...

    @property
    def tries(self) -> SendingTests:
        """Test messages to our own people."""
        ...

    @property
    def mailbox(self) -> AnsweringMailbox:
        """Captured messages."""
        ...

    @property
    def orders(self) -> AnsweringOrders:
        """Pauses, holds, modes, the queue."""
        ...

    @property
    def messages(self) -> AnsweringMessages:
        """Broadcasts, messages that did not go, tasks."""
        ...

    @property
    def traits(self) -> AnsweringTraits:
        """What is known of traits."""
        ...

    @property
    def corrections(self) -> Correcting:
        """Traits, corrected."""
        ...

    @property
    def consent(self) -> AnsweringConsent:
        """What is known of consent."""
        ...

    def status(self) -> dict[str, Any]:
        """Return what stands."""
        ...

    def audit_sources(self, days: int) -> dict[str, Any]:
        """Return the audit of the sources."""
        ...

    @property
    def audit_consent(self) -> Callable[[], dict[str, Any]]:
        """What replays consent against what was sent."""
        ...

    def audit_identity(self, days: int, beside: Sequence[Met] = ()) -> dict[str, Any]:
        """Return the audit of identity, of a file beside it."""
        ...

    def profile_health(self, *, run: bool) -> dict[str, Any]:
        """Return what the daily job found, or look now."""
        ...

    def sql(self, query: str, most_rows: int) -> dict[str, Any]:
        """Run one SELECT."""
        ...

    @property
    def profiles(self) -> AnsweringProfiles:
        """People."""
        ...

    def publish_cuts(self) -> list[dict[str, Any]]:
        """Publish cuts."""
        ...

    def all_cuts(self) -> list[dict[str, Any]]:
        """Return published cuts."""
        ...

    def show_cut(self, name: str) -> list[dict[str, Any]]:
        """Return every version of a cut."""
        ...

    def retract(self, message_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Take an event back."""
        ...

    def why_not(self, told: str, journey: str | None, since: str | None = None) -> dict[str, Any]:
        """Return why a person got or did not get messages."""
        ...

    @property
    def audiences(self) -> AnsweringAudiences:
        """What is known of audiences."""
        ...

    @property
    def exports(self) -> Exporting:
        """Audiences taken out."""
        ...

    @property
    def audience_health(self) -> LookingAtAudiences:
        """Audiences compared with the lake."""
        ...

    @property
    def queried(self) -> RunningQueries:
        """Queries of audiences."""
        ...

    @property
    def registered(self) -> AnsweringExperiments:
        """Registered experiments."""
        ...

    def readout(self, name: str, population: str = "assigned") -> dict[str, Any]:
        """Return a readout."""
        ...


class Remote:
    """``Answering`` through a running server."""

    def __init__(self, url: str, token: str) -> None:
        """Ask the API at ``url``."""
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S, trust_env=False
        )

    def status(self) -> dict[str, Any]:
        """Return what stands."""
        return self.ask("GET", "/api/v1/status")  # type: ignore[no-any-return]

    def audit_sources(self, days: int) -> dict[str, Any]:
        """Return the audit of the sources."""
        return self.ask("GET", "/api/v1/sources/audit", params={"days": days})  # type: ignore[no-any-return]

    def audit_consent(self) -> dict[str, Any]:
        """Replay consent against what was sent."""
        return self.ask("GET", "/api/v1/audit/consent", timeout=None)  # type: ignore[no-any-return]

    def audit_identity(self, days: int, beside: Sequence[Met] = ()) -> dict[str, Any]:
        """Return the audit of identity, of a file beside it."""
        if beside:
            met = [(each.person.hex(), each.kind, each.value.hex()) for each in beside]
            body = {"days": days, "source": beside[0].source, "met": met}
            return self.ask("POST", "/api/v1/identity/audit", json=body, timeout=None)  # type: ignore[no-any-return]
        return self.ask("GET", "/api/v1/identity/audit", params={"days": days})  # type: ignore[no-any-return]

    def profile_health(self, *, run: bool) -> dict[str, Any]:
        """Return what the daily job found, or look now."""
        method = "POST" if run else "GET"
        return self.ask(method, "/api/v1/profiles/health", timeout=None)  # type: ignore[no-any-return]

    def sql(self, query: str, most_rows: int) -> dict[str, Any]:
        """Run one SELECT."""
        return self.ask("POST", "/api/v1/sql", json={"sql": query, "most_rows": most_rows})  # type: ignore[no-any-return]

    @property
    def profiles(self) -> RemoteProfiles:
        """People."""
        return RemoteProfiles(self.ask)

    def publish_cuts(self) -> list[dict[str, Any]]:
        """Publish cuts."""
        return self.ask("POST", "/api/v1/cuts/publish", timeout=None)  # type: ignore[no-any-return]

    def all_cuts(self) -> list[dict[str, Any]]:
        """Return published cuts."""
        return self.ask("GET", "/api/v1/cuts")  # type: ignore[no-any-return]

    def show_cut(self, name: str) -> list[dict[str, Any]]:
        """Return every version of a cut."""
        return self.ask("GET", f"/api/v1/cuts/{quote(name, safe='')}")  # type: ignore[no-any-return]

    def retract(self, message_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Take an event back."""
        asked = {"message_id": message_id, "actor": actor, "reason": reason}
        return self.ask("POST", "/api/v1/events/retract", json=asked)  # type: ignore[no-any-return]

    def why_not(self, told: str, journey: str | None, since: str | None = None) -> dict[str, Any]:
        """Return why a person got or did not get messages."""
        params = {name: value for name, value in (("journey", journey), ("since", since)) if value is not None}
        return self.ask("GET", f"/api/v1/profiles/{quote(told, safe='')}/why-not", params=params)  # type: ignore[no-any-return]

    @property
    def seasons(self) -> RemoteSeasons:
        """Seasons, forecast and learnt."""
        return RemoteSeasons(self.ask)

    @property
    def schedule(self) -> RemoteSeasons:
        """What is done by itself in season phases."""
        return RemoteSeasons(self.ask)

    @property
    def readiness(self) -> RemoteSeasons:
        """Whether the next peak may come."""
        return RemoteSeasons(self.ask)

    @property
    def audiences(self) -> RemoteAudiences:
        """What is known of audiences."""
        return RemoteAudiences(self.ask)

    @property
    def exports(self) -> RemoteExports:
        """Audiences taken out."""
        return RemoteExports(self.ask, self.file_of)

    @property
    def audience_health(self) -> RemoteAudienceHealth:
        """Audiences compared with the lake."""
        return RemoteAudienceHealth(self.ask)

    @property
    def queried(self) -> RemoteQueries:
        """Queries of audiences."""
        return RemoteQueries(self.ask)

    @property
    def registered(self) -> RemoteExperiments:
        """Registered experiments."""
        return RemoteExperiments(self.ask)

    def readout(self, name: str, population: str = "assigned") -> dict[str, Any]:
        """Return a readout."""
        return self.ask("GET", f"/api/v1/experiments/{quote(name, safe='')}", params={"population": population})  # type: ignore[no-any-return]

    @property
    def identity(self) -> RemoteIdentity:
        """People, taken apart and together."""
        return RemoteIdentity(self.ask)

    @property
    def lifecycle(self) -> RemoteLifecycle:
        """What is known of stages."""
        return RemoteLifecycle(self.ask)

    @property
    def journeys(self) -> RemoteJourneys:
        """Who walks, and why."""
        return RemoteJourneys(self.ask)

    @property
    def templates(self) -> RemoteTemplates:
        """What templates make of people."""
        return RemoteTemplates(self.ask)

    @property
    def tries(self) -> RemoteTries:
        """Test messages to our own people."""
        return RemoteTries(self.ask)

    @property
    def mailbox(self) -> RemoteMailbox:
        """Captured messages."""
        return RemoteMailbox(self.ask)

    @property
    def orders(self) -> RemoteOrders:
        """Pauses, holds, modes, the queue."""
        return RemoteOrders(self.ask)

    @property
    def consent(self) -> RemoteConsent:
        """What is known of consent."""
        return RemoteConsent(self.ask)

    @property
    def messages(self) -> RemoteMessages:
        """Broadcasts, messages that did not go, tasks."""
        return RemoteMessages(self.ask)

    @property
    def traits(self) -> RemoteTraits:
        """What is known of traits."""
        return RemoteTraits(self.ask)

    @property
    def corrections(self) -> RemoteCorrections:
        """Traits, corrected."""
        return RemoteCorrections(self.ask)

    @property
    def letters(self) -> RemoteLetters:
        """The dead letters."""
        return RemoteLetters(self.ask)

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Return the JSON of an answer.

        Raises ``TransientError`` without one; for a refusal ``ConflictError`` or ``CallerError``, as the server did.
        """
        try:
            answer = self._client.request(method, path, **arguments)
        except httpx.HTTPError as error:
            text = f"The server did not answer ({type(error).__name__}). See whether it runs, or stop it and ask again."
            raise TransientError("server_silent", text) from error
        if answer.is_success or answer.has_redirect_location:
            return answer.json()
        raise _refused(answer)

    def file_of(self, method: str, path: str, sink: BinaryIO, **arguments: Any) -> httpx.Headers:
        """Write the body of an answer into the sink and return its headers. Raises as :meth:`ask`."""
        try:
            with self._client.stream(method, path, timeout=None, **arguments) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refused(answer)
                sink.writelines(answer.iter_bytes())
                return answer.headers
        except httpx.HTTPError as error:
            text = f"The server did not answer ({type(error).__name__}). See whether it runs, or stop it and ask again."
            raise TransientError("server_silent", text) from error


def _refused(answer: httpx.Response) -> CallerError | ConflictError:
    told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    refusal = msgspec.convert({"message": f"The server answered {answer.status_code}."} | told, _Refusal)
    if answer.status_code == httpx.codes.CONFLICT:
        return ConflictError(refusal.code, refusal.message)
    return CallerError(refusal.code, refusal.message)


def running(folder: Path) -> str | None:
    """Return the address of the server that runs on the data folder, ``None`` when none does."""
    told = folder / "server.json"
    if not told.exists():
        return None
    url = json.loads(told.read_text())["api"]
    try:
        httpx.get(f"{url}/healthz", timeout=2.0, trust_env=False)
    except httpx.HTTPError:
        return None
    return str(url)


def remote(folder: Path) -> Remote | None:
    """Return the server that runs on the data folder, ready to be asked; ``None`` when none does."""
    url = running(folder)
    return Remote(url, api_token(open_key_store(folder))) if url is not None else None


@contextmanager
def answering(workspace: Path, folder: Path) -> Iterator[Answering]:
    """Give the answers of an installation, wherever they are to be had."""
    server = remote(folder)
    if server is not None:
        yield server
        return
    with opened(workspace, folder) as (installation, lake):
        yield open_answers(installation, lake, alone=True)
