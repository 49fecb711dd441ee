import { expect, test } from "vitest";

import { day, shown } from "./when";

test("an instant is shown on the clock of the place, with its zone, across the change of clocks", () => {
  expect(shown("2026-01-14T08:30:00Z", "Europe/Berlin")).toEqual({ text: "14 Jan 2026, 09:30", zone: "CET" });
  expect(shown("2026-07-14T08:30:00Z", "Europe/Berlin")).toEqual({ text: "14 Jul 2026, 10:30", zone: "CEST" });
  expect(shown("2026-01-01T00:30:00Z", "America/New_York")?.text).toBe("31 Dec 2025, 19:30");
});

test("what is no instant is not shown as one", () => expect(shown("soon", "UTC")).toBeNull());

test("a local day stays the day it is", () => expect(day("2026-03-29")).toBe("29 Mar 2026"));
