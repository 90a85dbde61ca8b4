import { beforeAll, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { describeInBrowser } from "./browser-suite.ts";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

describeInBrowser("the page", ({ open, stack }) => {
  let dashboard: DashboardProcess;

  beforeAll(async () => {
    const directory = stack.use(new TemporaryDirectory()).path;
    const crowd = stack.use(new Command(directory, ["3", "500"], join(FIXTURES, "crowd.ts")));
    await crowd.line();
    dashboard = stack.use(await DashboardProcess.start({ directory, results: FIXTURES }));
  });

  test("finds the same view when it is loaded again", async () => {
    await using watched = await open(dashboard.url);
    const { page } = watched;
    await page.getByRole("button", { name: "5 min" }).click();
    await page.getByRole("link", { name: "channel-01" }).click();
    await page.getByRole("button", { name: "Read/s" }).click();
    await page.locator("#filter").fill("channel");
    await page.locator("#theme").click();
    await page.locator("#theme").click();
    const address = page.url();
    await page.reload();
    await watched.at("#scope", "Only channel-01").waitFor();
    expect(page.url()).toBe(address);
    const pressed = page.locator("[aria-pressed=true]");
    expect(await pressed.textContent()).toBe("5 min");
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    const filter = page.locator("#filter");
    await until(async () => (await filter.inputValue()) === "channel", "the text of the filter");
    await page.locator("th[aria-sort=descending]", { hasText: "Read/s" }).waitFor();
    await page.locator("tr[aria-current=true]", { hasText: "channel-01" }).waitFor();
    expect(await page.locator("#segments tbody tr").count()).toBe(3);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.locator("#scope").waitFor({ state: "hidden" });
    expect(page.url()).not.toContain("segment=");
    expect(watched.complaints).toEqual([]);
  });

  test.each([
    ["live", "light", 1400],
    ["live", "dark", 1400],
    ["live", "light", 360],
    ["benchmark", "light", 1400],
    ["benchmark", "dark", 1400],
    ["benchmark", "dark", 360],
  ] as const)(
    "has no barriers and fits: %s, %s, %d pixels wide",
    async (view, colorScheme, width) => {
      const address = `${dashboard.url}#view=${view}`;
      await using watched = await open(address, { colorScheme, width });
      if (view === "live") {
        await watched.at("#verdict", "records per second").waitFor();
        // The tables behind the charts are part of it.
        for (const summary of await watched.page.locator("summary:visible").all())
          await summary.click();
        await watched.page.locator("#chart-latency tbody tr").first().waitFor();
      } else {
        await watched.page.locator("[data-claim]").first().waitFor();
      }
      expect(await watched.barriers()).toEqual([]);
      expect(await watched.overflow()).toBe(0);
      await watched.keep(`${view}-${colorScheme}-${width}`);
      expect(watched.complaints).toEqual([]);
    },
  );

  test("shows what the benchmark found: verdicts, targets and peers", async () => {
    await using watched = await open(`${dashboard.url}#view=benchmark`);
    const { page } = watched;
    await watched.at("#bench-summary", "0 of 4 claims hold, 4 are uncertain.").waitFor();
    const batch = page.locator("[data-claim=pipes-batch]");
    expect(await batch.textContent()).toContain("uncertain");
    expect(await batch.locator(".note").textContent()).toContain("claimed: 20 to 50×");
    expect(await page.locator("[data-role=peer]").count()).toBeGreaterThan(0);
    // Claims first; what was measured for them is folded, and opens from the list of contents.
    const headings = await page.locator("#benchmark h2").allTextContents();
    const kinds = headings.map((each) => each.split(":")[0]);
    expect([...new Set(kinds)]).toEqual(["Claims", "Notes", "Measured", "Machine"]);
    expect(await page.locator(".contents a").allTextContents()).toEqual(headings);
    expect(await page.locator(".cases li:visible").count()).toBe(0);
    await page.locator(".contents a", { hasText: "Measured: accessors" }).click();
    await page.locator(".cases li:visible").first().waitFor();
    expect(new URL(page.url()).hash).toContain("view=benchmark");
    // Each reason once, and a number wherever it holds.
    const text = (await page.locator("#benchmark").textContent()) ?? "";
    expect(text.split("Both ends of the channel poll here").length - 1).toBe(1);
    expect(await batch.locator(".note").textContent()).toContain("see note 1");
    await page.getByRole("link", { name: "Live", exact: true }).click();
    await page.locator("#tiles").waitFor();
  });

  test("can be used with the keyboard alone", async () => {
    await using watched = await open(dashboard.url);
    const { page } = watched;
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.id || document.activeElement?.className || "");
    await watched.at("#verdict", "records per second").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("skip");
    await page.keyboard.press("Enter");
    expect(await focused()).toBe("content");
    // The address still holds the view, and space pauses.
    expect(new URL(page.url()).hash).not.toContain("content");
    await page.keyboard.press(" ");
    await watched.at("#connection", "Paused").waitFor();
    const still = await watched.text("#tiles");
    await Bun.sleep(500);
    expect(await watched.text("#tiles")).toBe(still);
    await page.keyboard.press(" ");
    await watched.at("#connection", "Live").waitFor();
    // The legend says what is under the cursor, in every chart.
    await page.locator("#chart-lag .plot").focus();
    await page.keyboard.press("PageUp");
    await page.keyboard.press("ArrowLeft");
    await page.locator("#chart-throughput .u-cursor-x:not(.u-off)").waitFor();
    await watched.at("#chart-throughput .at", /^\d\d:\d\d:\d\d$/).waitFor();
    await page.locator("#segments th button", { hasText: "Lag" }).focus();
    await page.keyboard.press("Enter");
    await page.locator("th[aria-sort=descending]", { hasText: "Lag" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("th[aria-sort=ascending]", { hasText: "Lag" }).waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test("draws its charts as wide as there is room, wider and narrower", async () => {
    await using watched = await open(dashboard.url);
    const { page } = watched;
    const place = page.locator("#chart-throughput .plot");
    const drawing = page.locator("#chart-throughput .u-wrap");
    for (const width of [1400, 500, 1100]) {
      await page.setViewportSize({ width, height: 900 });
      await until(async () => {
        const room = (await place.boundingBox())?.width ?? 0;
        const drawn = (await drawing.boundingBox())?.width ?? 0;
        return room < width && Math.abs(room - drawn) <= 1;
      }, `a drawing that fits ${width}`);
      await until(async () => (await watched.overflow()) === 0, `no overflow at ${width}`);
    }
  });

  test("says that it is cut off, and goes on with a server that is started anew", async () => {
    using directory = new TemporaryDirectory();
    const settings = { directory: directory.path };
    await using first = await DashboardProcess.start(settings);
    await using watched = await open(first.url);
    first.command.signal("SIGKILL");
    await watched.at("#connection[data-state=bad]", "Reconnecting").waitFor();
    await watched.at("#verdict", "The connection is lost.").waitFor();
    expect(await watched.page.locator("#demonstration-toggle").isDisabled()).toBe(true);
    await watched.keep("reconnecting");
    await first.command.end();
    await using _ = await DashboardProcess.start({ ...settings, port: first.port });
    await watched.at("#connection[data-state=good]", "Live").waitFor();
    await watched.at("#verdict", "Nothing lives in shared memory.").waitFor();
    expect(await watched.page.locator("#demonstration-toggle").isDisabled()).toBe(false);
    // That nobody answered is all that the console has to say.
    const others = watched.complaints.filter((each) => !each.includes("net::ERR_"));
    expect(others).toEqual([]);
  });

  test("says that shared memory cannot be seen, and shows it when it can", async () => {
    using place = new TemporaryDirectory();
    const directory = join(place.path, "names");
    await Bun.write(directory, "not a directory");
    await using other = await DashboardProcess.start({ directory });
    await using watched = await open(other.url);
    await watched.at("#verdict[data-mood=bad]", "Shared memory cannot be seen.").waitFor();
    expect(await watched.barriers()).toEqual([]);
    await watched.keep("unreadable");
    rmSync(directory);
    mkdirSync(directory, { mode: 0o700 });
    await watched.at("#verdict", "Nothing lives in shared memory.").waitFor();
    await watched.at(".welcome", "Nothing to watch yet").waitFor();
    // As it is called where it runs, which is not everywhere `bun run cli`.
    await watched.at(".welcome pre", /^isthmus consumer --channel orders/).waitFor();
    expect(watched.complaints).toEqual([]);
  });
});
