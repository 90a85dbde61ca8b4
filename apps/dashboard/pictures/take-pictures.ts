/**
 * `bun run pictures:dashboard`: takes the pictures of the page that the documentation shows, of real processes, and
 * writes them to docs/images. Needs a browser, and half a minute for each half minute that a chart shows.
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser, TestBrowser } from "../test/support/browser.ts";
import { Command } from "../test/support/command.ts";
import { DashboardProcess } from "../test/support/dashboard-process.ts";

const IMAGES = join(import.meta.dir, "..", "..", "..", "docs", "images");
const CROWD = join(import.meta.dir, "..", "test", "fixtures", "crowd.ts");
const VIEWPORT = { width: 1400, height: 1020 };
const WINDOW_MS = 32_000;
/** One of two producers is killed when so much of the window has passed. */
const KILL_MS = 14_000;
const BYTES_MOST = 250_000;
const SCHEMES = ["light", "dark"] as const;

const browserPath = findBrowser();
if (browserPath === undefined) throw new Error("Pictures need a browser");
const directory = join(mkdtempSync(join(tmpdir(), "pictures-")), "isthmus");
try {
  await takePictures(browserPath);
} finally {
  rmSync(join(directory, ".."), { recursive: true, force: true });
}

async function takePictures(path: string): Promise<void> {
  await using dashboard = await DashboardProcess.start({ directory, intervalMs: 200 });
  await using browser = await TestBrowser.launch(path);
  await using crowd = new Command(directory, ["1", "2000"], CROWD);
  await crowd.line();
  await using _consumer = transfer("consumer", "--follow");
  await using _steady = transfer("producer", "--count", "0", "--rate", "8000");
  const killed = transfer("producer", "--count", "0", "--rate", "4000", "--size", "256");
  await using _killed = killed;
  const page = await browser.context.newPage();
  await page.setViewportSize(VIEWPORT);
  await page.goto(dashboard.url);
  await page.waitForTimeout(KILL_MS);
  killed.signal("SIGKILL");
  await page.waitForTimeout(3000);
  await using _successor = transfer("producer", "--count", "0", "--rate", "4000", "--size", "256");
  await page.waitForTimeout(WINDOW_MS - KILL_MS - 3000);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(1500);
    await take(`dashboard-${colorScheme}`);
  }

  async function take(name: string): Promise<void> {
    const file = join(IMAGES, `${name}.png`);
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    if (size > BYTES_MOST) throw new Error(`${file} has ${size} bytes, more than ${BYTES_MOST}`);
    process.stdout.write(`${file} ${size} bytes\n`);
  }
}

function transfer(role: "producer" | "consumer", ...args: readonly string[]): Command {
  return new Command(directory, [role, "--channel", "orders", "--latency", "--quiet", ...args]);
}
