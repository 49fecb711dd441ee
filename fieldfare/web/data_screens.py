"""The API's routes for the screens about data and delivery: violations of contracts, stores, reports of providers."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from fieldfare.flow.screens.reports import Reports
from fieldfare.flow.screens.stores import StoreAnswers
from fieldfare.flow.screens.violations import Violations
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs

MOST_DAYS = 90
Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]


class ViolationView(BaseModel):
    """One rule of a contract that a source breaks in one field; samples are masks, the most frequent first."""

    source: str
    event: str
    version: int | None
    field: str
    rule: str
    count: int
    by_day: list[int]
    samples: list[str]
    first_at: str
    last_at: str


class ViolationsView(BaseModel):
    """Violations of the last days: of how many dead letters, how many were read, of how many the content is gone."""

    days: int
    letters: int
    read: int
    emptied: int
    violations: list[ViolationView]


class HeldView(BaseModel):
    """What a store holds, and how much."""

    holds: str
    count: int
    is_estimate: bool


class LagView(BaseModel):
    """How many records a stream is behind, and since when the first of them waits."""

    stream: str
    head: int | None
    behind: int
    behind_s: float | None


class StoreView(BaseModel):
    """One store; ``backed_up_at`` is null where nobody knows, and ``copies_itself`` whether Fieldfare could."""

    store: str
    kind: str
    bytes: int | None
    holds: list[HeldView]
    lag: list[LagView]
    backed_up_at: str | None
    copies_itself: bool


class ReportCounts(BaseModel):
    """Messages handed over, what was reported of them, and the rates: null where there is nothing to divide by."""

    handed_over: int
    delivered: int
    bounced_for_good: int
    bounced: int
    complained: int
    unsubscribed: int
    bounce_rate: float | None
    complaint_rate: float | None


class ReportDay(ReportCounts):
    """The messages of one day."""

    day: str


class ReportChannel(ReportCounts):
    """The messages of one channel over all days."""

    channel: str
    provider: str | None
    by_day: list[ReportDay]


class ReportsView(BaseModel):
    """Reports by channel and day; days are those of ``time_zone``."""

    days: int
    time_zone: str
    channels: list[ReportChannel]
    as_of: str


def data_screen_routes(violations: Violations, stores: StoreAnswers, reports: Reports) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/contracts/violations", dependencies=needs(Permission.SEE))
    def broken(days: Days = 7) -> ViolationsView:
        """Violations by source, event, field and rule, counted by day, with masks of the values; no value."""
        return ViolationsView.model_validate(violations.all(days))

    @router.get("/api/v1/stores", dependencies=needs(Permission.SEE))
    def all_stores() -> list[StoreView]:
        """Tell what each store holds, its size, how far it is behind, and when it was backed up, where known."""
        return [StoreView.model_validate(each) for each in stores.all()]

    @router.get("/api/v1/messages/reports", dependencies=needs(Permission.SEE))
    def reported(days: Days = 28) -> ReportsView:
        """Bounces, complaints and other reports by channel and day of hand-over, with what they are shares of."""
        return ReportsView.model_validate(reports.by_day(days))

    return router
