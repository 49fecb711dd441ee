"""Every value that a phase changes is told, whatever file it stands in."""

from pathlib import Path

from fieldfare.flow.season_changes import changes_by_phase
from fieldfare.flow.workspace import read_workspace
from tests.decide.flow.starter import starter_files, write

POLICIES = """
caps: [{channel: email, most: 3, per: 7 days, by_phase: {january.peak: {most: 2}}}]
quiet_hours: {from: "21:00", to: "08:00", by_phase: {peak: {to: "09:30", spread: 10 minutes}}}
budgets: [{name: texts, most: 900, per: 1 day, by_phase: {off: {most: 100}}}]
refuse: [{purposes: [marketing], phases: [peak]}]
channels: {order: [email], by_phase: {prepare: {order: [sms, email]}}}
"""
AUDIENCE = """
audience: fresh
where: {any: [{in_phase: off}, {did: class_attended, within: 3 days}]}
refresh: nightly
by_phase: {peak: {refresh: live}}
"""
HEALTH = "by_phase: {peak: {freshness_hours: 0.5}}"
ACTIONS = "actions: {guest-pass: {purpose: marketing, most_amount: 900, by_phase: {january.peak: {most_amount: 100}}}}"


def test_every_kind_of_value(tmp_path: Path) -> None:
    own = {"policies.yaml": POLICIES, "audiences/fresh.yaml": AUDIENCE, "health.yaml": HEALTH, "actions.yaml": ACTIONS}
    write(tmp_path, starter_files() | own)
    found = changes_by_phase(read_workspace(tmp_path))
    told = [(each.phase, each.topic, each.where, each.key, each.is_then, each.otherwise) for each in found]
    assert told == [
        ("january.peak", "incentives", "guest-pass", "most_amount", "1.00 EUR", "9.00 EUR"),
        ("january.peak", "caps", "caps 1 (channels email)", "most", 2, 3),
        ("off", "audiences", "fresh", "where", "asks for this phase", ""),
        ("off", "budgets", "budgets texts", "most", "1.00 EUR", "9.00 EUR"),
        ("peak", "audiences", "fresh", "refresh", "live", "nightly"),
        ("peak", "alerts", "thresholds", "freshness_hours", 0.5, 6),
        ("peak", "journeys", "conditions", "in_phase", "asks for this phase", ""),
        ("peak", "quiet_hours", "quiet_hours 1", "spread", "10 minutes", "30 minutes"),
        ("peak", "quiet_hours", "quiet_hours 1", "to", "09:30", "08:00"),
        ("peak", "refused", "refuse 1", "refuse", "purposes marketing", ""),
        ("prepare", "channel_order", "channels", "order", ["sms", "email"], ["email"]),
    ]
