// A Chromium that is there already: none is ever downloaded.
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const executable = PLACES.find((each) => each !== undefined && each !== "" && existsSync(each));

export async function openBrowser() {
  if (executable === undefined) throw new Error("There is no Chromium. Install the package chromium, or name one in CHROMIUM.");
  return chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
