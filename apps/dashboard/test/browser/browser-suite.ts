/**
 * Groups of tests that share a browser.
 *
 * @module
 */
import { afterAll, beforeAll } from "bun:test";
import { describeIf } from "@isthmus/testing/requirement";
import { findBrowser, TestBrowser } from "../support/browser.ts";
import { type Preferences, WatchedPage } from "./watched-page.ts";

/** What the tests of a group share. */
export interface BrowserSuite {
  /** What is disposed when all of them have ended. */
  readonly stack: AsyncDisposableStack;
  /** Opens an address of a dashboard and waits until the page is live. */
  readonly open: (address: string, preferences?: Preferences) => Promise<WatchedPage>;
}

/**
 * Defines a group of tests that need a browser, and skips it where there is none; see {@link findBrowser}.
 *
 * @param name What they are about.
 * @param define Defines them.
 */
export function describeInBrowser(name: string, define: (suite: BrowserSuite) => void): void {
  const path = findBrowser();
  describeIf(path !== undefined, "a browser")(name, () => {
    const stack = new AsyncDisposableStack();
    let browser: TestBrowser;
    beforeAll(async () => {
      browser = stack.use(await TestBrowser.launch(path as string));
    });
    afterAll(async () => await stack.disposeAsync());
    define({
      stack,
      open: (address, preferences) => WatchedPage.open(browser, address, preferences),
    });
  });
}
