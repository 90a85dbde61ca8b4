/**
 * The dashboard's page in a browser, with everything noted that should not happen.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Locator, Page } from "playwright-core";
import type { TestBrowser } from "../support/browser.ts";

const ARTEFACTS = join(import.meta.dir, "..", "..", "artefacts");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** So many rules at least concern any page that has a heading, a list and a button. */
const RULES_LEAST = 10;

/** What a person prefers. */
export interface Preferences {
  readonly colorScheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** One page, closed when the test ends. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page;
  /** What the console complained about, exceptions, and requests to somebody else. */
  readonly complaints: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", ({ message }) => this.complaints.push(message));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) this.complaints.push(`asks ${request.url()}`);
    });
  }

  /** Opens an address of the dashboard and waits until the page is live. */
  static async open(
    { context }: TestBrowser,
    address: string,
    preferences: Preferences = {},
  ): Promise<WatchedPage> {
    const { colorScheme = "light", width = 1400, height = 900 } = preferences;
    const page = await context.newPage();
    const watched = new WatchedPage(page, new URL(address).origin);
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.goto(address);
    await watched.at("#connection", "Live").waitFor();
    return watched;
  }

  /** What is at a place and has a text in it. */
  at(selector: string, text: string | RegExp): Locator {
    return this.page.locator(selector).filter({ hasText: text }).first();
  }

  /** The text at a place. */
  async text(selector: string): Promise<string> {
    return ((await this.page.locator(selector).first().textContent()) ?? "").trim();
  }

  /** Keeps a picture of the whole page for whoever looks into a failure. */
  async keep(name: string): Promise<void> {
    mkdirSync(ARTEFACTS, { recursive: true });
    await this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage: true });
  }

  /** What is wrong for those who use the page in another way than by sight and mouse. */
  async barriers(): Promise<string[]> {
    // Not through the page's own scripts: its policy forbids what does not come from its server.
    const session = await this.page.context().newCDPSession(this.page);
    await session.send("Runtime.evaluate", { expression: await Bun.file(AXE).text() });
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression: "axe.run(document).then(JSON.stringify)",
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    const { violations, passes } = JSON.parse(result.value) as AxeResults;
    if (passes.length < RULES_LEAST) throw new Error("It has hardly looked at anything");
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join()}: ${failureSummary}`),
    );
  }

  /** By how much the page is wider than the window. */
  async overflow(): Promise<number> {
    return await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}
