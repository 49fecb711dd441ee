// The stories of the console, told in a real browser against a server that runs: FIELDFARE_URL, FIELDFARE_TOKEN, and in
// FIELDFARE_PROFILE the number of a profile. Each step waits for what a person would see. Ends with 1 at the first
// step that does not come, and says which.
import { openBrowser } from "./browser.mjs";
import { invited, PASSWORD } from "./enter.mjs";

const base = process.env.FIELDFARE_URL ?? "http://127.0.0.1:8601";
const profile = process.env.FIELDFARE_PROFILE ?? "1";
const NEWCOMER = process.env.FIELDFARE_NEWCOMER ?? "newcomer";
const AUDIENCE = `keen_${NEWCOMER}`;
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

const STORIES = {
  "a newcomer sets a password by a one-time link and signs in": async () => {
    await page.goto(base + (await invited(base, NEWCOMER)));
    await heading("Set a password");
    await page.locator("input[autocomplete=new-password]").fill(PASSWORD);
    await button("Set the password").click();
    await heading("Sign in");
    await page.locator("input[autocomplete=username]").fill(NEWCOMER);
    await page.locator("input[autocomplete=current-password]").fill("not the password at all");
    await button("Sign in").click();
    await page.getByRole("alert").waitFor();
    await page.locator("input[autocomplete=current-password]").fill(PASSWORD);
    await button("Sign in").click();
    await heading("Now");
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
    await page.getByText("Did you mean `at_least`?").waitFor();
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
  "builds a journey on the canvas, step by step": async () => {
    await page.goto(`${base}/journeys/new`);
    await page.getByLabel("Name").fill("hello");
    await button("Begin").click();
    await page.getByRole("combobox", { name: "Which" }).fill(AUDIENCE);
    await page.keyboard.press("Escape");
    await button("Add the first step").click();
    await page.getByRole("menuitem", { name: "Wait", exact: true }).click();
    await button("Add after").click();
    await page.getByRole("menuitem", { name: "Exit", exact: true }).click();
    await page.locator(".react-flow__node", { hasText: "2 days" }).waitFor();
    await page.locator(".react-flow__node", { hasText: "Exit" }).waitFor();
    await page.getByText(/It is valid|Valid\. Before/).waitFor();
    await page.locator(".react-flow__node", { hasText: "2 days" }).click();
    await page.getByLabel("How long").fill("3 days");
    await page.getByLabel("How long").blur();
    await page.locator(".react-flow__node", { hasText: "3 days" }).waitFor();
  },
  "looks at a journey that runs, pauses and resumes it": async () => {
    await page.goto(`${base}/journeys/win-back`);
    await page.locator(".react-flow__node", { hasText: "win_back" }).first().waitFor();
    await button("Pause").click();
    await because("a story", "Pause");
    await button("Resume").click();
    await inDialog().getByText(`Paused by ${NEWCOMER}: a story`).waitFor();
    await because("it is over", "Resume");
    await button("Pause").waitFor();
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
  "revokes consent, and it holds": async () => {
    await page.getByRole("tab", { name: "Consent", exact: true }).click();
    await button("Record an act").click();
    await because("said so at the desk", "Record an act");
    await page.getByText("Withdrawn", { exact: true }).first().waitFor();
  },
  "leaves a person alone, and ends it": async () => {
    await button("Pause everything").click();
    await because("asked at the desk", "Pause everything");
    await page.getByText("Paused: the front desk").waitFor();
    await button("End the pause").click();
    await because("all is well", "End the pause");
    await button("Pause everything").waitFor();
  },
  "asks the lake, and a wrong question is told what is wrong": async () => {
    await page.goto(`${base}/data?tab=sql`);
    await page.getByLabel(/One SELECT/).fill("SELECT 6 * 7 AS answer");
    await button("Run").click();
    await page.getByRole("cell", { name: "42" }).waitFor();
    await page.getByLabel(/One SELECT/).fill("SELECT nothing FROM nowhere");
    await button("Run").click();
    await page.getByRole("alert").or(page.getByText("nowhere").nth(1)).first().waitFor();
  },
  "signs out, and the console is shut": async () => {
    await button("Sign out").click();
    await heading("Sign in");
    await page.goto(`${base}/profiles/${profile}`);
    await heading("Sign in");
  },
};

for (const [told, play] of Object.entries(STORIES)) {
  try {
    await play();
    if (errors.length > 0) throw new Error(`errors on the page: ${errors.join("; ")}`);
    process.stdout.write(`ok   ${told}\n`);
  } catch (failure) {
    process.stdout.write(`NOT  ${told}\n${failure}\nat ${page.url()}\n${(await page.locator("body").innerText()).slice(0, 3_000)}\n`);
    await browser.close();
    process.exit(1);
  }
}
await browser.close();
