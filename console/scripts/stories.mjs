// The stories of the console, told in a real browser against a server that runs: FIELDFARE_URL, FIELDFARE_TOKEN, and the
// numbers of people in it: FIELDFARE_PROFILE, FIELDFARE_WALKER who walks the journey onboarding, FIELDFARE_TWO who may be
// merged. Where a story lets time pass, it writes `PASS <hours>` and waits for a line: whoever runs it moves the clock.
// Each step waits for what a person would see. Ends with 1 at the first step that does not come, and says which.
import { createInterface } from "node:readline";

import { openBrowser } from "./browser.mjs";
import { call, invited, PASSWORD } from "./enter.mjs";

const base = process.env.FIELDFARE_URL ?? "http://127.0.0.1:8601";
const profile = process.env.FIELDFARE_PROFILE ?? "1";
const walker = process.env.FIELDFARE_WALKER ?? "5";
const [one, other] = (process.env.FIELDFARE_TWO ?? "3,4").split(",");
const NEWCOMER = process.env.FIELDFARE_NEWCOMER ?? "newcomer@example.com";
const AUDIENCE = `keen_${NEWCOMER.replace(/\W.*/, "")}`;
const WAIT_MS = 60_000;

const browser = await openBrowser();
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
context.setDefaultTimeout(WAIT_MS);
const page = await context.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));

const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { name }).first().waitFor();
const inDialog = () => page.getByRole("dialog");

async function because(reason, label) {
  await inDialog().getByLabel("Reason").fill(reason);
  await inDialog().getByRole("button", { name: label, exact: true }).click();
  await inDialog().waitFor({ state: "hidden" });
}

const clock = createInterface({ input: process.stdin });

/** Let hours pass on the server's clock. */
async function pass(hours) {
  const answered = new Promise((resolve) => clock.once("line", resolve));
  process.stdout.write(`PASS ${hours}\n`);
  await answered;
}

/** What comes about on the server in its own time: the screen is opened again until it shows it. */
async function seenAt(path, locator) {
  for (let tries = 0; tries < 40; tries += 1) {
    await page.goto(base + path);
    await heading(/./);
    if (await locator.first().waitFor({ timeout: 1_500 }).then(() => true, () => false)) return;
  }
  throw new Error(`${path} does not show it`);
}

/** Somebody else puts a changed text of a file in force. */
async function changedMeanwhile(path, change) {
  const held = (await call(base, "/api/v1/workspace/versions")).find((each) => each.is_in_force);
  const { contents } = await call(base, `/api/v1/workspace/versions/${held.version}?contents=true`);
  const files = { ...contents, [path]: change(contents[path]) };
  await call(base, "/api/v1/workspace/apply", { files, by: "somebody else", reason: "meanwhile", base: held.version, only: [] });
}

async function signIn(name) {
  await page.locator("input[autocomplete=username]").fill(name);
  await page.locator("input[autocomplete=current-password]").fill(PASSWORD);
  await button("Sign in").click();
  await heading("Now");
}

async function acceptInvitation(name, roles) {
  await page.goto(base + (await invited(base, name, roles)));
  await heading("Set a password");
  await page.locator("input[autocomplete=new-password]").fill(PASSWORD);
  await button("Set the password").click();
  await heading("Sign in");
}

/** Add a step by the menu of a button, and wait until the menu is gone. */
async function addStep(by, kind) {
  await button(by).click();
  await page.getByRole("menuitem", { name: kind, exact: true }).click();
  await page.getByRole("menu").waitFor({ state: "detached" });
}

/** Go to something with the Tab key alone, as whoever has no mouse does; at each button, link and step one sees where one is. */
async function tabTo(locator, key = "Tab") {
  await locator.first().waitFor({ state: "attached" });
  for (let stops = 0; stops < 200; stops += 1) {
    await page.keyboard.press(key);
    const unseen = await page.evaluate(() => {
      const at = document.activeElement;
      const isField = at === null || at.matches("body, input, select, textarea, [tabindex='-1']");
      return isField || getComputedStyle(at).outlineStyle !== "none" ? "" : at.outerHTML.slice(0, 200);
    });
    if (unseen !== "") throw new Error(`nothing shows that the keyboard is at ${unseen}`);
    if (await locator.first().evaluate((at) => at === document.activeElement)) return;
  }
  throw new Error(`the Tab key does not lead to ${locator}`);
}

async function press(locator) {
  await tabTo(locator);
  await page.keyboard.press("Enter");
}

/** Give the reason that a dialog asks for, without the mouse; the focus comes back to where the dialog was opened. */
async function becauseByKeys(reason) {
  await tabTo(inDialog().getByLabel("Reason"));
  await page.keyboard.type(reason);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await inDialog().waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement?.closest("#screen") !== null);
}

const inMenu = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true });
const node = (text) => page.locator(".react-flow__node", { hasText: text });

const STORIES = {
  "a newcomer sets a password by a one-time link and signs in": async () => {
    await acceptInvitation(NEWCOMER, ["owner"]);
    await page.locator("input[autocomplete=username]").fill(NEWCOMER);
    await page.locator("input[autocomplete=current-password]").fill("not the password at all");
    await button("Sign in").click();
    await page.getByRole("alert").waitFor();
    await signIn(NEWCOMER);
  },
  "builds an audience, and sees its count while it is edited": async () => {
    await page.goto(`${base}/audiences/new`);
    await page.getByLabel("Name").fill(AUDIENCE);
    await button("Begin").click();
    await page.getByLabel("Description").fill("Came at least once");
    await page.getByLabel("Owner").fill("clubs");
    await page.getByRole("combobox", { name: "Event" }).fill("check_in");
    await page.getByRole("textbox", { name: "YAML" }).waitFor();
    await page.getByText("with this definition").waitFor();
    await page.getByText("join", { exact: true }).waitFor();
    await page.getByLabel("How often").selectOption("count");
    await page.getByText("did check_in, within 30 days, count at least 2").waitFor();
    const yaml = page.getByRole("textbox", { name: "YAML" });
    await yaml.fill((await yaml.inputValue()).replace("at_least: 2", "at_lest: 2"));
    await page.getByText("Did you mean at_least?").waitFor();
    await yaml.fill((await yaml.inputValue()).replace("at_lest: 2", "at_least: 1"));
    await page.getByText("Did you mean").waitFor({ state: "detached" });
    await button("Keep in the draft").click();
  },
  "plans it and applies it, and it stands in the history": async () => {
    await heading("Changes");
    await page.getByText(`audiences/${AUDIENCE}.yaml`).first().waitFor();
    await page.getByText("No approval is needed.").waitFor();
    await button("Apply").click();
    await because("for the stories", "Apply");
    await page.getByText("Nothing is edited").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("for the stories").first().waitFor();
    await page.getByText(NEWCOMER, { exact: true }).first().waitFor();
  },
  "edits a file that somebody else changed meanwhile, and loses nothing unseen": async () => {
    const path = `audiences/${AUDIENCE}.yaml`;
    await page.goto(`${base}/audiences/${AUDIENCE}/edit`);
    await page.getByLabel("Owner").fill("all clubs");
    await changedMeanwhile(path, (text) => text.replace("Came at least once", "Came lately"));
    await button("Keep in the draft").click();
    await page.getByText("Somebody else changed these files since you began").waitFor();
    await page.getByText("It can be applied once you have said so of every file.").waitFor();
    if (await button("Apply").isEnabled()) throw new Error("what was not looked at can be applied");
    await page.getByRole("button", { name: path }).first().waitFor();
    await page.getByRole("button", { name: `I have looked at ${path}, go on from version` }).click();
    await page.getByText("Somebody else changed these files since you began").waitFor({ state: "detached" });
    await page.locator("button:enabled", { hasText: /^Apply$/ }).waitFor();
    await button("Take everything back").click();
    await inDialog().getByText("Your edit is thrown away for good.").waitFor();
    await inDialog().getByRole("button", { name: "Close", exact: true }).click();
    await inDialog().waitFor({ state: "hidden" });
    await page.getByText(path).first().waitFor();
    await button("Take everything back").click();
    await inDialog().getByRole("button", { name: "Take everything back" }).click();
    await page.getByText("Nothing is edited").waitFor();
  },
  "edits a file in two tabs, and neither loses what the other kept": async () => {
    const edited = `${base}/audiences/${AUDIENCE}/edit`;
    const tab = await context.newPage();
    for (const each of [page, tab]) {
      await each.goto(edited);
      await each.getByLabel("Owner").waitFor();
    }
    await tab.getByLabel("Owner").fill("the other tab");
    await tab.getByRole("button", { name: "Keep in the draft" }).click();
    await tab.getByText(/owner: .?the other tab/).first().waitFor({ state: "attached" });
    await tab.close();
    await page.getByLabel("Owner").fill("this tab");
    await button("Keep in the draft").click();
    await inDialog().getByText("Not kept: it changed meanwhile").waitFor();
    await inDialog().getByText(/owner: .?the other tab/).waitFor();
    await button("Go on editing").click();
    await inDialog().waitFor({ state: "hidden" });
    await button("Keep in the draft").click();
    await button("I have looked, keep my text").click();
    await heading("Changes");
    await page.getByText(/owner: .?this tab/).first().waitFor({ state: "attached" });
    await button("Take everything back").click();
    await inDialog().getByRole("button", { name: "Take everything back" }).click();
    await page.getByText("Nothing is edited").waitFor();
  },
  "builds a journey on the canvas, step by step": async () => {
    await page.goto(`${base}/journeys/new`);
    await page.getByLabel("Name").fill("hello");
    await button("Begin").click();
    await page.getByRole("combobox", { name: "Which" }).fill(AUDIENCE);
    await page.keyboard.press("Escape");
    await addStep("Add the first step", "Wait");
    await addStep("Add after", "Branch");
    await page.getByRole("combobox", { name: "Event" }).fill("check_in");
    await node("did check_in").waitFor();
    await addStep("Add into “then”", "Exit");
    await node("Exit").waitFor();
    await page.getByText(/It is valid|Valid\. Before/).waitFor();
    await node("2 days").click();
    await page.getByLabel("How long").fill("3 days");
    await page.getByLabel("How long").blur();
    await node("3 days").waitFor();
  },
  "simulates a journey, and sees what it would do": async () => {
    await page.goto(`${base}/journeys/win-back?tab=tests`);
    await page.getByLabel("How many").fill("15");
    await page.getByLabel("From", { exact: true }).fill("2025-03-10");
    await page.getByLabel("To", { exact: true }).fill("2025-03-23");
    await button("Simulate").click();
    await page.getByText("15 people, 10 Mar 2025 to 23 Mar 2025").waitFor();
    await page.getByText("The last simulation, which you asked for").waitFor();
    await page.getByRole("cell", { name: "Entered" }).waitFor();
    await page.getByRole("cell", { name: "Data latency" }).waitFor();
  },
  "watches a person walk through a journey": async () => {
    await page.goto(`${base}/profiles/${walker}?tab=journeys`);
    await page.getByRole("cell", { name: "waits 2 days" }).waitFor();
    await page.getByRole("link", { name: "onboarding" }).click();
    await node("2 days").getByTitle("1 here").waitFor();
    await pass(48);
    await node("5 days").getByTitle("1 here").waitFor();
    await page.getByText("no · 1").waitFor();
  },
  "on a phone, takes a task, gives it back, takes one over, and does it": async () => {
    const card = () => page.locator("section", { hasText: "Look at a rebooking" }).first();
    const act = (name) => card().getByRole("button", { name, exact: true });
    await page.setViewportSize({ width: 390, height: 844 });
    await seenAt("/tasks", page.getByText("Overdue"));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wide > 1) throw new Error(`the screen is ${wide} px too wide`);
    await act("Take it").click();
    await card().getByText("You have it").waitFor();
    await act("Give it back").click();
    await act("Take it").waitFor();
    const [{ id }] = (await call(base, "/api/v1/tasks")).tasks;
    await call(base, `/api/v1/tasks/${id}/take`, { actor: "ada" });
    await act("Take it").click();
    await page.getByText("Ask them first").waitFor();
    await act("Take it over").click();
    await inDialog().getByText("ada has it.").waitFor();
    await inDialog().getByRole("button", { name: "Take it over" }).click();
    await card().getByText("You have it").waitFor();
    await page.getByRole("combobox", { name: "Whose" }).click();
    await page.getByRole("option", { name: "Mine" }).click();
    await act("Done").click();
    await page.getByText("No task fits").waitFor();
    await page.getByRole("combobox", { name: "State" }).click();
    await page.getByRole("option", { name: "Done" }).click();
    await card().getByText(`done by ${NEWCOMER}`).waitFor();
    await page.setViewportSize({ width: 1280, height: 900 });
  },
  "looks at a journey that runs, pauses and resumes it": async () => {
    await page.goto(`${base}/journeys/win-back`);
    await node("win_back").first().waitFor();
    await button("Pause").click();
    await because("a story", "Pause");
    await button("Resume").click();
    await inDialog().getByText(`Paused by ${NEWCOMER}: a story`).waitFor();
    await because("it is over", "Resume");
    await button("Pause").waitFor();
  },
  "sends a test of a template to oneself": async () => {
    await page.goto(`${base}/messages?tab=templates&template=win_back`);
    await page.getByText("Subject:").first().waitFor(); // above the button, which it moves
    await button("Send a test").click();
    await page.getByText(`It is on its way to ${NEWCOMER}.`).waitFor();
  },
  "designs an experiment, and is told what it can find": async () => {
    await page.goto(`${base}/experiments/new`);
    await page.getByLabel("Name").fill("rebook-visits");
    await button("Begin").click();
    await page.getByRole("combobox", { name: "Journey" }).click();
    await page.getByRole("option", { name: "rebook" }).click();
    await page.getByRole("combobox", { name: "What decides" }).click();
    await page.getByRole("option", { name: "returned" }).click();
    await page.getByText("The plan is valid").waitFor();
    await page.getByText("It cannot be computed").or(page.getByText("People needed")).first().waitFor();
  },
  "reads why somebody got nothing": async () => {
    await page.goto(`${base}/profiles`);
    await page.getByLabel("Whom do you look for?").fill(profile);
    await button("Search").click();
    await page.getByRole("link", { name: `Profile ${profile}`, exact: true }).click();
    await heading(`Profile ${profile}`);
    await page.getByRole("tab", { name: "Why (not)" }).click();
    await page.getByText("onboarding").first().waitFor();
    await page.getByText(/entered so far: 0/).first().waitFor();
  },
  "reveals sealed values for a reason, and they are shown": async () => {
    await page.getByRole("tab", { name: "Who", exact: true }).click();
    await button("Reveal").click();
    await because("asked at the desk", "Reveal");
    await page.getByText("Revealed. It is recorded under your name.").first().waitFor();
    await page.getByText("@example.com").first().waitFor();
  },
  "revokes consent, and sees the next message refused": async () => {
    await page.goto(`${base}/profiles/${walker}?tab=consent`);
    await button("Record an act").click();
    await because("said so at the desk", "Record an act");
    await page.getByText("Withdrawn", { exact: true }).first().waitFor();
    await pass(119);
    await seenAt(`/profiles/${walker}?tab=why`, page.getByText("second_visit · email"));
    await seenAt(`/profiles/${walker}?tab=timeline`, page.getByText("second_visit · email"));
    await page.getByText("membership_activated", { exact: true }).first().waitFor();
    await seenAt(`/profiles/${walker}?tab=timeline&type=decision`, page.getByText("second_visit · email"));
    await page.getByText("membership_activated", { exact: true }).waitFor({ state: "detached" });
    await page.getByText("the person withdrew or denied consent").first().waitFor();
  },
  "merges two people by mistake, and splits them again": async () => {
    await page.goto(`${base}/profiles/${one}`);
    await button("Merge").click();
    await inDialog().getByLabel("With").fill(other);
    await because("looked alike", "Merge");
    await page.goto(`${base}/profiles/${other}`);
    await page.getByText(`Profile ${other} was merged into this one.`).waitFor();
    await page.goto(`${base}/profiles/${one}?tab=who`);
    await button("Reveal").click();
    await because("the member says so", "Reveal");
    for (const each of [`user_id m-${other - 1}`, `email m-${other - 1}@example.com`]) await page.getByLabel(`Split: ${each}`).check();
    await button("Split").click();
    await because("two people after all", "Split");
    await page.goto(`${base}/profiles/${other}`);
    await heading(`Profile ${other}`);
    await page.getByText("was merged into this one").waitFor({ state: "detached" });
  },
  "leaves a person alone, and ends it": async () => {
    await page.goto(`${base}/profiles/${profile}`);
    await button("Pause everything").click();
    await because("asked at the desk", "Pause everything");
    await page.getByText("Paused: the front desk").waitFor();
    await button("End the pause").click();
    await because("all is well", "End the pause");
    await button("Pause everything").waitFor();
  },
  "sets another trait, and is asked whether a name that nobody knows is meant": async () => {
    await page.goto(`${base}/profiles/${profile}`);
    await button("Set another trait").click();
    await inDialog().getByRole("combobox", { name: "Name of the trait" }).or(inDialog().getByLabel("Name of the trait")).first().fill("membership_teir");
    await inDialog().getByText("Did you mean membership_tier?").waitFor();
    await inDialog().getByLabel("What is true").fill("basic");
    await inDialog().getByLabel("Reason").fill("a slip");
    await inDialog().getByRole("button", { name: "Set another trait" }).click();
    if ((await inDialog().count()) === 0) throw new Error("a new trait was set unasked");
    await inDialog().getByRole("button", { name: "Cancel" }).click();
    await inDialog().waitFor({ state: "hidden" });
  },
  "works by keyboard alone: signs in, builds an audience, plans and applies it": async () => {
    await press(button("Sign out"));
    await heading("Sign in");
    await tabTo(page.locator("input[autocomplete=username]"));
    await page.keyboard.type(NEWCOMER);
    await tabTo(page.locator("input[autocomplete=current-password]"));
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await inMenu("Now").waitFor();
    await press(page.getByRole("link", { name: "Skip to the screen" }));
    if (!(await page.locator("#screen").evaluate((at) => at === document.activeElement))) throw new Error("nothing was skipped");
    await tabTo(inMenu("Audiences"), "Shift+Tab");
    await page.keyboard.press("Enter");
    await heading("Audiences");
    await press(page.getByRole("link", { name: "New audience" }));
    await tabTo(page.getByLabel("Name"));
    await page.keyboard.type(`${AUDIENCE}_by_keys`);
    await page.keyboard.press("Enter");
    await tabTo(page.getByLabel("Owner"));
    await page.keyboard.type("clubs");
    await tabTo(page.getByRole("combobox", { name: "Event" }));
    await page.keyboard.type("check_in");
    await press(page.locator("button:enabled", { hasText: "Keep in the draft" }));
    await heading("Changes");
    await press(page.locator("button:enabled", { hasText: /^Apply$/ }));
    await becauseByKeys("without a mouse");
    await page.getByText("Nothing is edited").waitFor();
  },
  "works by keyboard alone: chooses a step, pauses a journey and resumes it": async () => {
    await tabTo(inMenu("Journeys"), "Shift+Tab");
    await page.keyboard.press("Enter");
    await heading("Journeys");
    await press(page.getByRole("link", { name: "win-back", exact: true }));
    await heading("win-back");
    await press(button("Pause"));
    await becauseByKeys("without a mouse");
    await button("Resume").waitFor();
    await press(button("Resume"));
    await becauseByKeys("without a mouse too");
    await button("Pause").waitFor();
    await press(page.getByRole("link", { name: "Edit", exact: true }));
    await tabTo(node("entry").or(page.locator(".react-flow__node")).nth(1));
    await page.keyboard.press("Enter");
    await page.locator(".react-flow__node.selected").waitFor();
    await press(page.getByRole("button", { name: "Add after" }));
    await page.getByRole("menuitem").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
  },
  "works by keyboard alone: looks for a person, opens them and reveals who they are": async () => {
    await tabTo(inMenu("Profiles"), "Shift+Tab");
    await page.keyboard.press("Enter");
    await tabTo(page.getByLabel("Whom do you look for?"));
    await page.keyboard.type(profile);
    await page.keyboard.press("Enter");
    await press(page.getByRole("link", { name: `Profile ${profile}`, exact: true }));
    await heading(`Profile ${profile}`);
    await tabTo(page.getByRole("tab").first());
    while ((await page.getByRole("tab", { name: "Who", exact: true, selected: true }).count()) === 0) await page.keyboard.press("ArrowRight");
    await press(button("Reveal"));
    await becauseByKeys("without a mouse");
    await page.getByText("Revealed. It is recorded under your name.").first().waitFor();
  },
  "asks the lake, and a wrong question is told what is wrong": async () => {
    await page.goto(`${base}/data?tab=sql`);
    await page.getByLabel(/One SELECT/).fill("SELECT 6 * 7 AS answer");
    await button("Run").click();
    await page.getByRole("cell", { name: "42" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("the answer");
    await button("Save").click();
    await page.getByText(`Saved by ${NEWCOMER},`).waitFor();
    await page.getByLabel(/One SELECT/).fill("SELECT nothing FROM nowhere");
    await button("Run").click();
    await page.getByRole("alert").or(page.getByText("nowhere").nth(1)).first().waitFor();
  },
  "replays what it looked at first, and is told when no event fits": async () => {
    await page.goto(`${base}/data?tab=replay`);
    await page.getByLabel("Event", { exact: true }).fill("nothing_such");
    await button("See what it would change").click();
    await page.getByText("No accepted event fits.").waitFor();
    if ((await button("Replay").count()) > 0) throw new Error("nothing can be replayed");
    await page.getByLabel("Event", { exact: true }).fill("membership_activated");
    await button("See what it would change").click();
    await page.getByText("Of all events, named membership_activated.").waitFor();
    await button("Replay").click();
    if ((await inDialog().getByLabel("Reason").count()) > 0) throw new Error("a reason is asked for that is kept nowhere");
    await inDialog().getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("The replay is done.").waitFor();
  },
  "looks for what is not there, and finds the way back": async () => {
    await page.goto(`${base}/journeys/nothing_such`);
    await heading("nothing_such");
    await page.getByText("There is no journey").waitFor();
    await page.getByRole("main").getByRole("link", { name: "Journeys" }).click();
    await heading("Journeys");
  },
  "signs out, and the console is shut": async () => {
    await button("Sign out").click();
    await heading("Sign in");
    await page.goto(`${base}/profiles/${profile}`);
    await heading("Sign in");
  },
  "comes back as a viewer, who finds shut what their role may not do": async () => {
    await acceptInvitation(`viewer-${NEWCOMER}`, ["viewer"]);
    await signIn(`viewer-${NEWCOMER}`);
    await page.getByRole("navigation").getByRole("link", { name: "Seasons" }).waitFor();
    if ((await page.getByRole("navigation").getByRole("link", { name: "Profiles" }).count()) > 0) throw new Error("the menu leads to people");
    await button("Stop everything").hover();
    await page.getByText("Your role does not allow pausing").waitFor();
    await button("Stop everything").press("Enter");
    if ((await inDialog().count()) > 0) throw new Error("the shut button opened");
    await page.goto(`${base}/data?tab=sql`);
    await page.getByText("Your role does not allow asking the lake").waitFor();
  },
};

for (const [told, play] of Object.entries(STORIES)) {
  const began = performance.now();
  try {
    await play();
    if (errors.length > 0) throw new Error(`errors on the page: ${errors.join("; ")}`);
    process.stdout.write(`ok   ${told} (${((performance.now() - began) / 1_000).toFixed(1)} s)\n`);
  } catch (failure) {
    await page.screenshot({ path: new URL("../../build/story.png", import.meta.url).pathname }).catch(() => undefined);
    process.stdout.write(`NOT  ${told}\n${failure.message}\nat ${page.url()}\n${(await page.locator("body").innerText()).slice(0, 3_000)}\n`);
    await browser.close();
    process.exit(1);
  }
}
clock.close();
await browser.close();
