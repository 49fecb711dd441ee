import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { text, texts } from "@/parts/search";

import { Entry } from "./Entry";
import { Crashed, NotFound } from "./Lost";

const root = createRootRoute({ component: Entry, notFoundComponent: NotFound, errorComponent: Crashed });

const now = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/now/NowPage"), "NowPage"),
});
const profiles = createRoute({
  getParentRoute: () => root,
  path: "/profiles",
  component: lazyRouteComponent(() => import("@/features/profiles/SearchPage"), "SearchPage"),
});
const profile = createRoute({
  getParentRoute: () => root,
  path: "/profiles/$profile",
  validateSearch: texts("tab", "event", "type", "from", "to"),
  component: lazyRouteComponent(() => import("@/features/profiles/ProfilePage"), "ProfilePage"),
});
const tasks = createRoute({
  getParentRoute: () => root,
  path: "/tasks",
  validateSearch: texts("list", "status", "location", "whose", "tab"),
  component: lazyRouteComponent(() => import("@/features/tasks/TasksPage"), "TasksPage"),
});
const decisions = createRoute({
  getParentRoute: () => root,
  path: "/decisions",
  validateSearch: texts("profile", "outcome", "reason", "journey", "from", "to"),
  component: lazyRouteComponent(() => import("@/features/decisions/DecisionsPage"), "DecisionsPage"),
});
const audiences = createRoute({
  getParentRoute: () => root,
  path: "/audiences",
  validateSearch: texts("find", "tab"),
  component: lazyRouteComponent(() => import("@/features/audiences/AudiencesPage"), "AudiencesPage"),
});
const newAudience = createRoute({
  getParentRoute: () => root,
  path: "/audiences/new",
  component: lazyRouteComponent(() => import("@/features/audiences/NewAudiencePage"), "NewAudiencePage"),
});
const audience = createRoute({
  getParentRoute: () => root,
  path: "/audiences/$audience",
  validateSearch: texts("tab", "by"),
  component: lazyRouteComponent(() => import("@/features/audiences/AudiencePage"), "AudiencePage"),
});
const editAudience = createRoute({
  getParentRoute: () => root,
  path: "/audiences/$audience/edit",
  component: lazyRouteComponent(() => import("@/features/audiences/EditAudiencePage"), "EditAudiencePage"),
});
const journeys = createRoute({
  getParentRoute: () => root,
  path: "/journeys",
  component: lazyRouteComponent(() => import("@/features/journeys/JourneysPage"), "JourneysPage"),
});
const newJourney = createRoute({
  getParentRoute: () => root,
  path: "/journeys/new",
  component: lazyRouteComponent(() => import("@/features/journeys/NewJourneyPage"), "NewJourneyPage"),
});
const journey = createRoute({
  getParentRoute: () => root,
  path: "/journeys/$journey",
  validateSearch: texts("tab", "version"),
  component: lazyRouteComponent(() => import("@/features/journeys/JourneyPage"), "JourneyPage"),
});
const editJourney = createRoute({
  getParentRoute: () => root,
  path: "/journeys/$journey/edit",
  component: lazyRouteComponent(() => import("@/features/journeys/EditJourneyPage"), "EditJourneyPage"),
});
const messages = createRoute({
  getParentRoute: () => root,
  path: "/messages",
  validateSearch: texts("tab", "template", "broadcast", "channel", "locale"),
  component: lazyRouteComponent(() => import("@/features/messages/MessagesPage"), "MessagesPage"),
});
const seasons = createRoute({
  getParentRoute: () => root,
  path: "/seasons",
  validateSearch: texts("tab", "event", "location", "year"),
  component: lazyRouteComponent(() => import("@/features/seasons/SeasonsPage"), "SeasonsPage"),
});
const experiments = createRoute({
  getParentRoute: () => root,
  path: "/experiments",
  component: lazyRouteComponent(() => import("@/features/experiments/ExperimentsPage"), "ExperimentsPage"),
});
const newExperiment = createRoute({
  getParentRoute: () => root,
  path: "/experiments/new",
  component: lazyRouteComponent(() => import("@/features/experiments/NewExperimentPage"), "NewExperimentPage"),
});
const editExperiment = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experiment/edit",
  component: lazyRouteComponent(() => import("@/features/experiments/EditExperimentPage"), "EditExperimentPage"),
});
const experiment = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experiment",
  component: lazyRouteComponent(() => import("@/features/experiments/ExperimentPage"), "ExperimentPage"),
});
const data = createRoute({
  getParentRoute: () => root,
  path: "/data",
  validateSearch: texts("tab", "reason", "source", "event", "state", "days"),
  component: lazyRouteComponent(() => import("@/features/data/DataPage"), "DataPage"),
});
const changes = createRoute({
  getParentRoute: () => root,
  path: "/changes",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("@/features/changes/ChangesPage"), "ChangesPage"),
});
const version = createRoute({
  getParentRoute: () => root,
  path: "/changes/$version",
  validateSearch: text("against"),
  component: lazyRouteComponent(() => import("@/features/changes/VersionPage"), "VersionPage"),
});
const users = createRoute({
  getParentRoute: () => root,
  path: "/users",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("@/features/users/UsersPage"), "UsersPage"),
});

const setUp = createRoute({ getParentRoute: () => root, path: "/set-up" });

const screens = [
  setUp, now, profiles, profile, tasks, decisions, audiences, newAudience, audience, editAudience, journeys, newJourney,
  journey, editJourney, messages, seasons, experiments, newExperiment, experiment, editExperiment, data, changes, version, users,
];

export const router = createRouter({ routeTree: root.addChildren(screens), defaultPreload: "intent", defaultErrorComponent: Crashed });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
