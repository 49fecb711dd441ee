// Signing in as a person does.
export async function enter(page, base) {
  await page.goto(base, { waitUntil: "load" });
  await page.getByLabel("Token of the installation").fill(process.env.FIELDFARE_TOKEN ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Now" }).waitFor({ timeout: 20_000 });
}
