/**
 * A real browser for the tests.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATIENCE_MS } from "@isthmus/testing/patience";
import { type BrowserContext, chromium } from "playwright-core";

/** What it is called on the systems that have it, the system's own first. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"] as const;

/** Headless, alone, and without a word to anybody outside. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
] as const;

/**
 * Looks for the browser.
 *
 * @returns Its path, or undefined when there is none; a test is skipped then.
 * @throws {Error} When there is none and `ISTHMUS_REQUIRE_BROWSER` is set.
 */
export function findBrowser(): string | undefined {
  const named = process.env["ISTHMUS_BROWSER"];
  if (named) return named;
  const path = NAMES.map((name) => Bun.which(name)).find((each) => each !== null);
  if (path) return path;
  if (process.env["ISTHMUS_REQUIRE_BROWSER"]) {
    throw new Error(`There is no browser (${NAMES.join(", ")}, or $ISTHMUS_BROWSER)`);
  }
  return undefined;
}

/** A browser with an empty profile of its own. */
export class TestBrowser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  /**
   * Starts it.
   *
   * @param executablePath What {@link findBrowser} found.
   */
  static async launch(executablePath: string): Promise<TestBrowser> {
    const profile = mkdtempSync(join(tmpdir(), "isthmus-browser-"));
    try {
      const context = await chromium.launchPersistentContext(profile, {
        executablePath,
        headless: true,
        args: [...FLAGS],
        viewport: { width: 1400, height: 900 },
        timeout: PATIENCE_MS,
      });
      context.setDefaultTimeout(PATIENCE_MS);
      return new TestBrowser(context, profile);
    } catch (error) {
      rmSync(profile, { recursive: true, force: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
