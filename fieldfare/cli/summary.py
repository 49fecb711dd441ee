"""The demo's one page: what happened, who is where, what was sent and refused and why, lift beside the truth.

Prints; decides nothing.
"""

from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from fieldfare.flow.answers import Answers


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What a demo says beside its numbers."""

    title: str
    labels: list[str]
    """What of the input is generated."""
    experiment: str
    truth: str
    counted: list[str] = []
    """What was done with each kind of input row."""


def tell(console: Console, answers: Answers, story: Story, seconds: float) -> None:
    """Print the summary."""
    console.rule(f"[bold]{story.title}")
    for label in story.labels:
        console.print(f"[yellow]{label}[/]")
    for line in story.counted:
        console.print(f"  {line}")
    tell_what_happened(console, answers)
    console.print(f"\n[bold]lift, journey {story.experiment}[/]  [yellow]({story.truth})[/]")
    for population in ("assigned", "exposed"):
        for line in answers.readout(story.experiment, population)["report"]:
            console.print(f"  {line}", highlight=False)
        console.print()
    console.print(f"\nsimulated in {seconds:.1f} s")


def tell_what_happened(console: Console, answers: Answers) -> None:
    """Print events, audiences, walks, and what was handed over, refused and deferred."""
    status = answers.status()
    _events(console, answers, status)
    _rows(console, "audiences at the end", [(row["audience"], row["size"]) for row in answers.audiences.overview()])
    _rows(console, "journeys: walks by state", list(status["walks"].items()))
    _decisions(console, answers)


def _events(console: Console, answers: Answers, status: dict[str, Any]) -> None:
    ((events, first, last),) = answers.sql(
        "SELECT count(*), min(local_date)::VARCHAR, max(local_date)::VARCHAR FROM events", 1
    )["rows"]
    dead = sum(status["dead_letters"].values())
    console.print(
        f"\n{events:,} events from {first} to {last}; {dead:,} dead letters; {status['profiles']:,} profiles, "
        f"{status['merged']:,} merged away"
    )
    counted = answers.sql("SELECT name, count(*) AS n FROM events GROUP BY name ORDER BY n DESC LIMIT 12", 12)["rows"]
    _rows(console, "events by name", [(row[0], row[1]) for row in counted])


def _decisions(console: Console, answers: Answers) -> None:
    sent = answers.sql(
        "SELECT template, count(*) FROM messages WHERE outcome = 'handed_over' GROUP BY ALL ORDER BY ALL", 100
    )["rows"]
    _rows(
        console, "handed over (to the capture channel; nothing leaves this machine)", [(row[0], row[1]) for row in sent]
    )
    query = """SELECT decision, reason, count(*) AS n
               FROM (SELECT decision, unnest(from_json(reasons, '["VARCHAR"]')) AS reason FROM decisions
                     WHERE decision <> 'permit')
               GROUP BY ALL ORDER BY decision DESC, n DESC"""
    rows = answers.sql(query, 100)["rows"]
    _rows(
        console,
        "refused and deferred by reason (one decision may have several)",
        [(f"{row[0]}: {row[1]}", row[2]) for row in rows],
    )


def _rows(console: Console, title: str, rows: list[tuple[str, int]]) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 2))
    table.add_column(justify="left")
    table.add_column(justify="right")
    for name, count in rows or [("none", 0)]:
        table.add_row(name, f"{count:,}")
    console.print(f"\n[bold]{title}[/]")
    console.print(table)
