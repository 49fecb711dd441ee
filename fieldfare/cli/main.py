"""The entry point ``fieldfare``: which command lives where, and how failures are told. Holds no command itself.

Only the module of the command that was asked for is imported, so that small commands start at once. A failure is told
on standard error; exit code 2 means that the caller or the configuration must change, 1 that something else failed. A
traceback appears only when the environment variable ``FIELDFARE_TRACEBACK`` is set.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import msgspec
import typer

from fieldfare.ground.errors import CallerError, ConfigError, FieldfareError

HELP = "Self-hosted customer data and engagement for brands with seasons and many locations."
WRONG_USE = 2
FAILED = 1
INTERRUPTED = 130


BARE = {"history": "list"}
"""Groups that may be asked for without a further word, and the command that is meant then."""


class Command(msgspec.Struct, frozen=True):
    """A command: its words, the module and function behind it, and whether ``--help`` leaves it out."""

    words: tuple[str, ...]
    module: str
    function: str
    hidden: bool = False


COMMANDS: tuple[Command, ...] = (
    Command(("init",), "fieldfare.cli.workspace", "init"),
    Command(("validate",), "fieldfare.cli.workspace", "validate"),
    Command(("schema",), "fieldfare.cli.workspace", "schema"),
    Command(("load",), "fieldfare.cli.load", "load"),
    Command(("cuts", "publish"), "fieldfare.cli.cuts", "publish"),
    Command(("cuts", "list"), "fieldfare.cli.cuts", "list_cuts"),
    Command(("cuts", "show"), "fieldfare.cli.cuts", "show"),
    Command(("events", "retract"), "fieldfare.cli.events", "retract"),
    Command(("mappings", "list"), "fieldfare.cli.mappings", "list_mappings"),
    Command(("mappings", "show"), "fieldfare.cli.mappings", "show"),
    Command(("serve",), "fieldfare.cli.serve", "serve"),
    Command(("door",), "fieldfare.cli.door", "door", hidden=True),
    Command(("sources", "audit"), "fieldfare.cli.sources", "audit"),
    Command(("audit", "consent"), "fieldfare.cli.audit", "consent"),
    Command(("identity", "audit"), "fieldfare.cli.match", "audit"),
    Command(("identity", "suggest"), "fieldfare.cli.match", "suggest"),
    Command(("profiles", "health"), "fieldfare.cli.profile_health", "health"),
    Command(("status",), "fieldfare.cli.look", "status"),
    Command(("profiles", "show"), "fieldfare.cli.profiles", "show"),
    Command(("profiles", "timeline"), "fieldfare.cli.profiles", "timeline"),
    Command(("profiles", "identities"), "fieldfare.cli.profiles", "identities"),
    Command(("profiles", "reveals"), "fieldfare.cli.profiles", "reveals"),
    Command(("profiles", "search"), "fieldfare.cli.profiles", "search"),
    Command(("profiles", "explain"), "fieldfare.cli.traits", "explain"),
    Command(("profiles", "correct"), "fieldfare.cli.corrections", "correct"),
    Command(("why-not",), "fieldfare.cli.look", "why_not"),
    Command(("audiences", "list"), "fieldfare.cli.audiences", "list_audiences"),
    Command(("audiences", "show"), "fieldfare.cli.audiences", "show"),
    Command(("audiences", "explain"), "fieldfare.cli.audiences", "explain"),
    Command(("audiences", "why"), "fieldfare.cli.audiences", "why"),
    Command(("audiences", "members"), "fieldfare.cli.audiences", "members"),
    Command(("audiences", "history"), "fieldfare.cli.audiences", "history"),
    Command(("audiences", "growth"), "fieldfare.cli.audiences", "growth"),
    Command(("audiences", "overlap"), "fieldfare.cli.audiences", "overlap"),
    Command(("audiences", "breakdown"), "fieldfare.cli.audiences", "breakdown"),
    Command(("audiences", "export"), "fieldfare.cli.audiences", "export"),
    Command(("audiences", "exports"), "fieldfare.cli.audiences", "exports"),
    Command(("audiences", "reconcile"), "fieldfare.cli.audiences", "reconcile"),
    Command(("audiences", "refresh"), "fieldfare.cli.audiences", "refresh"),
    Command(("audiences", "shipped"), "fieldfare.cli.audiences", "shipped"),
    Command(("audiences", "take"), "fieldfare.cli.audiences", "take"),
    Command(("journeys", "list"), "fieldfare.cli.journeys", "list_journeys"),
    Command(("journeys", "show"), "fieldfare.cli.journeys", "show"),
    Command(("journeys", "of"), "fieldfare.cli.journeys", "of_profile"),
    Command(("journeys", "enroll"), "fieldfare.cli.journeys", "enroll"),
    Command(("journeys", "test"), "fieldfare.cli.journeys", "play"),
    Command(("journeys", "checklist"), "fieldfare.cli.journeys", "checklist"),
    Command(("journeys", "back"), "fieldfare.cli.versions", "back"),
    Command(("experiments", "list"), "fieldfare.cli.experiments", "list_experiments"),
    Command(("experiments", "design"), "fieldfare.cli.experiments", "design"),
    Command(("experiments", "match"), "fieldfare.cli.experiments", "match"),
    Command(("experiments", "report"), "fieldfare.cli.experiments", "report"),
    Command(("sql",), "fieldfare.cli.look", "sql"),
    Command(("contracts", "list"), "fieldfare.cli.contracts", "list_contracts"),
    Command(("contracts", "show"), "fieldfare.cli.contracts", "show"),
    Command(("contracts", "diff"), "fieldfare.cli.contracts", "diff"),
    Command(("contracts", "suggest"), "fieldfare.cli.contracts", "suggest"),
    Command(("seasons", "show"), "fieldfare.cli.seasons", "show"),
    Command(("seasons", "forecast"), "fieldfare.cli.seasons", "forecast"),
    Command(("seasons", "propose"), "fieldfare.cli.seasons", "propose"),
    Command(("seasons", "proposals"), "fieldfare.cli.seasons", "proposals"),
    Command(("seasons", "accept"), "fieldfare.cli.seasons", "accept"),
    Command(("seasons", "reject"), "fieldfare.cli.seasons", "reject"),
    Command(("seasons", "readiness"), "fieldfare.cli.seasons", "readiness"),
    Command(("seasons", "rehearse"), "fieldfare.cli.rehearse", "rehearse"),
    Command(("seasons", "work"), "fieldfare.cli.seasons", "work"),
    Command(("lifecycle", "show"), "fieldfare.cli.lifecycle", "show"),
    Command(("profiles", "erase"), "fieldfare.cli.erase", "erase"),
    Command(("keys", "status"), "fieldfare.cli.keys", "status"),
    Command(("keys", "rotate"), "fieldfare.cli.keys", "rotate_keys"),
    Command(("keys", "backup"), "fieldfare.cli.keys", "backup"),
    Command(("captured",), "fieldfare.cli.captured", "captured"),
    Command(("broadcast", "list"), "fieldfare.cli.broadcast", "list_broadcasts"),
    Command(("broadcast", "plan"), "fieldfare.cli.broadcast", "plan"),
    Command(("broadcast", "start"), "fieldfare.cli.broadcast", "start"),
    Command(("broadcast", "approve"), "fieldfare.cli.broadcast", "approve"),
    Command(("broadcast", "pause"), "fieldfare.cli.broadcast", "pause"),
    Command(("broadcast", "resume"), "fieldfare.cli.broadcast", "resume"),
    Command(("broadcast", "cancel"), "fieldfare.cli.broadcast", "cancel"),
    Command(("broadcast", "show"), "fieldfare.cli.broadcast", "show"),
    Command(("messages", "failed"), "fieldfare.cli.messages", "failed"),
    Command(("messages", "show"), "fieldfare.cli.messages", "show"),
    Command(("messages", "replay"), "fieldfare.cli.messages", "replay"),
    Command(("tasks", "list"), "fieldfare.cli.tasks", "list_tasks"),
    Command(("tasks", "take"), "fieldfare.cli.tasks", "take"),
    Command(("tasks", "give-back"), "fieldfare.cli.tasks", "give_back"),
    Command(("tasks", "done"), "fieldfare.cli.tasks", "done"),
    Command(("templates", "list"), "fieldfare.cli.templates", "list_templates"),
    Command(("templates", "check"), "fieldfare.cli.templates", "check"),
    Command(("templates", "preview"), "fieldfare.cli.templates", "preview"),
    Command(("templates", "test"), "fieldfare.cli.templates", "send_test"),
    Command(("dead-letters", "list"), "fieldfare.cli.dead_letters", "list_letters"),
    Command(("dead-letters", "show"), "fieldfare.cli.dead_letters", "show"),
    Command(("dead-letters", "repair"), "fieldfare.cli.dead_letters", "repair"),
    Command(("dead-letters", "discard"), "fieldfare.cli.dead_letters", "discard"),
    Command(("identity", "kinds"), "fieldfare.cli.identity_kinds", "kinds"),
    Command(("identity", "merge"), "fieldfare.cli.identity", "merge"),
    Command(("identity", "split"), "fieldfare.cli.identity", "split"),
    Command(("identity", "never"), "fieldfare.cli.identity", "never"),
    Command(("identity", "household"), "fieldfare.cli.identity", "household"),
    Command(("identity", "quarantine"), "fieldfare.cli.identity", "quarantine"),
    Command(("identity", "release"), "fieldfare.cli.identity", "release"),
    Command(("identity", "explain"), "fieldfare.cli.identity", "explain"),
    Command(("identity", "holds"), "fieldfare.cli.identity", "holds"),
    Command(("identity", "review"), "fieldfare.cli.identity", "review"),
    Command(("identity", "acts"), "fieldfare.cli.identity", "acts"),
    Command(("pause",), "fieldfare.cli.orders", "pause"),
    Command(("resume",), "fieldfare.cli.orders", "resume"),
    Command(("pauses",), "fieldfare.cli.orders", "pauses"),
    Command(("holds", "set"), "fieldfare.cli.orders", "set_hold"),
    Command(("holds", "lift"), "fieldfare.cli.orders", "lift_holds"),
    Command(("holds", "list"), "fieldfare.cli.orders", "list_holds"),
    Command(("modes", "set"), "fieldfare.cli.orders", "set_mode"),
    Command(("modes", "list"), "fieldfare.cli.orders", "list_modes"),
    Command(("queue", "list"), "fieldfare.cli.orders", "list_queue"),
    Command(("queue", "release"), "fieldfare.cli.orders", "release"),
    Command(("queue", "reject"), "fieldfare.cli.orders", "reject"),
    Command(("consent", "show"), "fieldfare.cli.consent", "show"),
    Command(("consent", "history"), "fieldfare.cli.consent", "history"),
    Command(("consent", "prove"), "fieldfare.cli.consent", "prove"),
    Command(("consent", "verify"), "fieldfare.cli.consent", "verify"),
    Command(("consent", "import"), "fieldfare.cli.consent", "import_file"),
    Command(("consent", "record"), "fieldfare.cli.consent", "record"),
    Command(("consent", "compare"), "fieldfare.cli.consent", "compare"),
    Command(("consent", "disputes"), "fieldfare.cli.consent", "disputes"),
    Command(("consent", "resolve"), "fieldfare.cli.consent", "resolve"),
    Command(("consent", "reviews"), "fieldfare.cli.consent", "reviews"),
    Command(("consent", "review"), "fieldfare.cli.consent", "review"),
    Command(("token",), "fieldfare.cli.look", "token"),
    Command(("users", "list"), "fieldfare.cli.users", "list_users"),
    Command(("users", "set-up"), "fieldfare.cli.users", "set_up"),
    Command(("users", "invite"), "fieldfare.cli.users", "invite"),
    Command(("users", "link"), "fieldfare.cli.users", "link"),
    Command(("users", "change"), "fieldfare.cli.users", "change"),
    Command(("users", "disable"), "fieldfare.cli.users", "disable"),
    Command(("users", "enable"), "fieldfare.cli.users", "enable"),
    Command(("users", "reset-second-factor"), "fieldfare.cli.users", "reset_second_factor"),
    Command(("users", "end-sessions"), "fieldfare.cli.users", "end_sessions"),
    Command(("users", "token"), "fieldfare.cli.users", "make_token"),
    Command(("users", "tokens"), "fieldfare.cli.users", "list_tokens"),
    Command(("users", "revoke"), "fieldfare.cli.users", "revoke"),
    Command(("users", "policy"), "fieldfare.cli.users", "policy"),
    Command(("users", "oidc"), "fieldfare.cli.users", "oidc"),
    Command(("users", "acts"), "fieldfare.cli.users", "acts"),
    Command(("plan",), "fieldfare.cli.plan", "plan"),
    Command(("apply",), "fieldfare.cli.change", "apply"),
    Command(("history", "list"), "fieldfare.cli.versions", "list_versions"),
    Command(("history", "show"), "fieldfare.cli.versions", "show"),
    Command(("history", "diff"), "fieldfare.cli.versions", "diff"),
    Command(("approve",), "fieldfare.cli.versions", "approve"),
    Command(("reject",), "fieldfare.cli.versions", "reject"),
    Command(("rollback",), "fieldfare.cli.versions", "rollback"),
    Command(("rebuild",), "fieldfare.cli.change", "rebuild"),
    Command(("webhooks", "list"), "fieldfare.cli.webhooks", "list_webhooks"),
    Command(("webhooks", "show"), "fieldfare.cli.webhooks", "show_mapping"),
    Command(("webhooks", "try"), "fieldfare.cli.webhooks", "try_sample"),
    Command(("replay",), "fieldfare.cli.replay", "replay"),
    Command(("replay-decisions",), "fieldfare.cli.replay_decisions", "replay_decisions"),
    Command(("simulate",), "fieldfare.cli.simulate", "simulate"),
    Command(("demo",), "fieldfare.cli.demo", "demo"),
)
GROUPS = {
    "audit": "See whether anything happened that must not have.",
    "audiences": "See who is in audiences, why and since when, what is wrong with them, and take them out.",
    "consent": "See what people agreed to and refused, prove it, bring it in, compare it.",
    "contracts": "See what events promise, and what a change of that would do.",
    "experiments": "Plan experiments, and read what messages changed.",
    "history": "Look at the versions of the workspace; without a further word, list them.",
    "holds": "Leave people alone for a while.",
    "identity": "Take people apart and together, answer questions about them, and see why they are one.",
    "journeys": "See who walks journeys and why, enroll, play their stories, check them before they go live.",
    "seasons": "See seasons, forecast their peaks, learn them from data, rehearse, and see whether all is ready.",
    "lifecycle": "See in which stage people are.",
    "cuts": "Publish the cuts that bands, top numbers and quintiles compare with, and look at them.",
    "events": "Take accepted events back.",
    "mappings": "See how rows of files become events.",
    "modes": "Say what automations may do: run, be read, be done by hand, nothing.",
    "queue": "Release or reject what waits for a person.",
    "profiles": "Look at people: who they are, what they did, how we know, and whether it is fit to act on.",
    "sources": "Look at who sends events.",
    "webhooks": "See webhook sources, and try their mappings on samples.",
    "dead-letters": "Look at events that could not be accepted, repair or discard them.",
    "broadcast": "Send one message to everybody in an audience, once: plan, start, pause, resume, cancel, see.",
    "messages": "Look at messages that did not go, and put them on their way again.",
    "tasks": "See the lists that people work through, and note what is done.",
    "users": "Say who may sign in, as what and how; make tokens; see who did what.",
    "templates": "See what messages are made of, check them against real people, look at one.",
    "keys": "Tell what keys there are, change the wrapping key, copy the data keys.",
}


def build_app(first_word: str | None = None, commands: Sequence[Command] = COMMANDS) -> typer.Typer:
    """Return the application with the commands that begin with the word, or with all when there is none such."""
    chosen = [command for command in commands if command.words[0] == first_word] or commands
    app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_options)
    groups: dict[str, typer.Typer] = {}
    for command in chosen:
        function = getattr(import_module(command.module), command.function)
        target = app
        if len(command.words) > 1:
            name = command.words[0]
            if name not in groups:
                groups[name] = typer.Typer(help=GROUPS[name], no_args_is_help=True)
                app.add_typer(groups[name], name=name)
            target = groups[name]
        target.command(command.words[-1], hidden=command.hidden)(function)
    return app


def run(arguments: Sequence[str] | None = None, commands: Sequence[Command] = COMMANDS) -> None:
    """Run the command line and exit. ``arguments`` are those of the process when left out."""
    words = _spelled_out(list(sys.argv[1:] if arguments is None else arguments))
    if words == ["--version"]:  # without importing any command
        _show_version()
        return
    try:
        build_app(words[0] if words else None, commands)(args=words)
    except FieldfareError as error:
        _tell(error.message, error.code)
        sys.exit(WRONG_USE if isinstance(error, CallerError | ConfigError) else FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output is gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except OSError as error:
        if os.environ.get("FIELDFARE_TRACEBACK"):
            raise
        _tell(f"{error.strerror or type(error).__name__}: {error.filename or 'the system'}.", "system")
        sys.exit(FAILED)
    except Exception as error:
        if os.environ.get("FIELDFARE_TRACEBACK"):
            raise
        _tell(
            f"This is a defect: {type(error).__name__} in {_place(error)}. Set FIELDFARE_TRACEBACK=1 to see more.",
            "defect",
        )
        sys.exit(FAILED)


def _spelled_out(words: list[str]) -> list[str]:
    """Return the words with the command of a group that was asked for bare; its options may follow."""
    if words and words[0] in BARE and (len(words) == 1 or (words[1].startswith("-") and words[1] != "--help")):
        return [words[0], BARE[words[0]], *words[1:]]
    return words


def _tell(message: str, code: str) -> None:
    typer.echo(f"fieldfare: {message} [{code}]", err=True)


def _place(error: Exception) -> str:
    """Return module and line where the exception was raised; its message is left out, for it may name people."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_globals.get('__name__', 'an unknown module')}:{trace.tb_lineno}"


def _show_version() -> None:
    try:
        typer.echo(f"fieldfare {version('fieldfare')}")
    except PackageNotFoundError:
        typer.echo("fieldfare (not installed)")


def _options(
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Options that stand before every command."""
    if show_version:
        _show_version()
        raise typer.Exit


def __getattr__(name: str) -> Any:
    """Return ``app`` with all commands, made when it is asked for."""
    if name == "app":
        return build_app()
    raise AttributeError(name)


if __name__ == "__main__":
    run()
