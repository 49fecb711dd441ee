// Users of these scripts, made with the installation's token (FIELDFARE_TOKEN), and signing in as a person does.
const NAME = "screens";
export const PASSWORD = "a long password for the screens";

export async function call(base, path, body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${process.env.FIELDFARE_TOKEN ?? ""}` };
  const answered = await fetch(base + path, { method: body === undefined ? "GET" : "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answered.ok) throw new Error(`${path} answered ${answered.status}: ${await answered.text()}`);
  return answered.json();
}

/** Add a user; return the path of the link by which they set a password. */
export async function invited(base, name, roles = ["owner"]) {
  const { path } = await call(base, "/api/v1/users", { name, display_name: name, roles });
  return path;
}

export async function makeUser(base) {
  const users = await call(base, "/api/v1/users");
  if (users.some((each) => each.name === NAME)) return;
  const path = await invited(base, NAME);
  await call(base, "/api/v1/links/redeem", { token: path.split("#")[1], password: PASSWORD });
}

export async function enter(page, base) {
  await page.goto(base, { waitUntil: "load" });
  await page.locator("input[autocomplete=username]").fill(NAME);
  await page.locator("input[autocomplete=current-password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Now" }).waitFor({ timeout: 30_000 });
}
