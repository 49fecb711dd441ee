// A user of these scripts, made once with the installation's token, and signing in as a person does.
const NAME = "screens";
const PASSWORD = "a long password for the screens";

async function call(base, path, body, token) {
  const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const answered = await fetch(base + path, { method: body === undefined ? "GET" : "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answered.ok) throw new Error(`${path} answered ${answered.status}: ${await answered.text()}`);
  return answered.json();
}

export async function makeUser(base, token) {
  const users = await call(base, "/api/v1/users", undefined, token);
  if (users.some((each) => each.name === NAME)) return;
  const { path } = await call(base, "/api/v1/users", { name: NAME, display_name: "Kim Harbour", roles: ["owner"] }, token);
  await call(base, "/api/v1/links/redeem", { token: path.split("#")[1], password: PASSWORD });
}

export async function enter(page, base) {
  await page.goto(base, { waitUntil: "load" });
  await page.getByLabel("Name").fill(NAME);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Now" }).waitFor({ timeout: 30_000 });
}
