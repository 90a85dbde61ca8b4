import { expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { describeInBrowser } from "./browser-suite.ts";
import { untilFits } from "./cut-off.ts";
import type { WatchedPage } from "./watched-page.ts";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

describeInBrowser("what the page says", ({ open }) => {
  test("of a subscriber that is lapped, and of a producer that waits for room", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using lapped = await actor(directory.path, "lapped");
    await using full = await actor(directory.path, "full");
    await using watched = await open(dashboard.url);
    const subscriber = `subscriber ${lapped.pid} (actor.ts)`;
    await watched.at("#verdict li", `${subscriber} loses records`).waitFor();
    await watched.at("#verdict li", `${subscriber} falls behind`).waitFor();
    // At no moment between two of its reads is all well.
    for (let look = 0; look < 12; look++) {
      expect(await watched.text("#verdict")).not.toContain("Nothing is wrong");
      await Bun.sleep(100);
    }
    await watched.at("#verdict li", `producer ${full.pid} (actor.ts) waits for room`).waitFor();
    await watched.at("#tile-fill .note", /waits? for room, \d+ s/).waitFor();
    const row = watched.at("#processes tr", `actor.ts${full.pid}producer`);
    await row.filter({ hasText: "waiting" }).waitFor();
    await watched.at("#chart-pressure .legend", "parcels").waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test("of a mutex whose owner died and that was taken over, and of a responder that was killed", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using watched = await open(dashboard.url);
    // Somebody else has the name, or the mutex would go with its owner.
    await using user = await actor(directory.path, "user");
    await using _another = await actor(directory.path, "user");
    await using first = await actor(directory.path, "owner");
    await watched.at("#segments tr", "ledger").waitFor();
    first.signal("SIGKILL");
    await watched.at("#verdict li", `process ${first.pid} (actor.ts) died holding`).waitFor();
    await watched.at("#segments tr", "ledger").filter({ hasText: "abandoned" }).waitFor();
    await using second = await actor(directory.path, "owner");
    await watched.at("#log [data-kind=lock-recovered]", "ledger").waitFor();
    await watched.at("#verdict[data-mood=good]", "Nothing is wrong.").waitFor();
    await watched.at("#segments tr", "ledger").filter({ hasText: "fine" }).waitFor();
    // The charts tell of it where it happened.
    await watched.page.getByRole("button", { name: "5 min" }).click();
    await watched.page.locator("#chart-locks .plot").focus();
    await until(async () => {
      await watched.page.keyboard.press("ArrowLeft");
      return (await watched.text("#chart-locks .at")).includes(`ledger: process ${first.pid}`);
    }, "the death at the cursor");
    user.signal("SIGKILL");
    await watched.at("#processes tr", `${user.pid}user`).filter({ hasText: "dead" }).waitFor();
    await watched.at("#log [data-kind=died]", `user ${user.pid}`).waitFor();
    await watched.at("#verdict[data-mood=good]", "Nothing is wrong.").waitFor();
    await watched.at("#segments tr", "ledger").filter({ hasText: "fine" }).waitFor();
    await watched.page.goto(`${dashboard.url}#segment=ledger`);
    await watched.at("#detail", `Ownerprocess ${second.pid} (actor.ts), for`).waitFor();
    await watched.page.goto(dashboard.url);
    await using _asking = await actor(directory.path, "requester");
    await using responder = await actor(directory.path, "responder");
    await watched.at("#log li", `responder ${responder.pid} (actor.ts) joined`).waitFor();
    responder.signal("SIGKILL");
    const told = watched.at("#log [data-kind=gone], #log [data-kind=died]", `${responder.pid}`);
    await told.first().waitFor();
    expect(await watched.text("#log")).not.toContain(`${responder.pid} (actor.ts) left`);
    expect(watched.complaints).toEqual([]);
  });

  test("is the same figure everywhere at one time, on one time axis, and of every kind what it has", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using crowd = new Command(directory.path, ["1", "1700"], join(FIXTURES, "crowd.ts"));
    await crowd.line();
    const address = `${dashboard.url}#segment=channel-00`;
    const openedMs = performance.now();
    await using watched = await open(address);
    await until(async () => (await toldOf(watched)).tile !== "–", "a rate");
    for (let look = 0; look < 20; look++) {
      const told = await toldOf(watched);
      expect(told).toEqual({ ...told, row: told.tile, legend: told.tile });
      await Bun.sleep(70);
    }
    // Of half a minute only this much has passed: the line must not reach further to the left edge, which is 120 away.
    const startX = await watched.page.evaluate(() => {
      const line = document.querySelector("#tile-records .line")?.getAttribute("d") ?? "";
      return Number(/^M([\d.]+)/.exec(line)?.[1]);
    });
    const seconds = (performance.now() - openedMs) / 1000;
    expect(startX).toBeGreaterThan(120 * (1 - seconds / 30) - 1);
    await showsKinds(watched, dashboard.url);
    expect(watched.complaints).toEqual([]);
  });

  test("is what caches, rate limiters, tables, counters and queues do, and nothing that is empty", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using shop = new Command(directory.path, [], join(FIXTURES, "shop.ts"));
    await shop.line();
    await using watched = await open(dashboard.url);
    await showsEach(watched, dashboard.url, SHOP);
    await watched.page.locator("#filter").fill("limiter");
    await watched.at("#segments .unit", "1 of 6").waitFor();
    expect(await watched.barriers()).toEqual([]);
    expect(watched.complaints).toEqual([]);
    shop.signal("SIGTERM");
    await shop.end();
  });

  test("is nowhere cut off without a sign, at 390, 768 and 1280 pixels", async () => {
    using directory = new TemporaryDirectory();
    const results = FIXTURES;
    await using dashboard = await DashboardProcess.start({ directory: directory.path, results });
    await using crowd = new Command(directory.path, ["3", "500"], join(FIXTURES, "crowd.ts"));
    await crowd.line();
    await using watched = await open(dashboard.url);
    for (const view of ["", "#segment=mutex", "#segment=topic", "#view=benchmark"]) {
      await watched.page.goto(dashboard.url + view);
      const sure = view === "#view=benchmark" ? "[data-claim]" : "#processes tbody tr";
      await watched.page.locator(sure).first().waitFor();
      for (const width of [390, 768, 1280]) {
        await watched.page.setViewportSize({ width, height: 900 });
        await untilFits(watched, `${view} at ${width}`);
      }
    }
    // All columns are there, whatever the width.
    await watched.page.setViewportSize({ width: 390, height: 900 });
    await watched.page.goto(dashboard.url);
    const columns = watched.page.locator("#segments th:visible");
    await until(async () => (await columns.count()) === 12, "all columns");
    await watched.page.locator("#segments .more-right:visible").waitFor();
    expect(watched.complaints).toEqual([]);
  });
});

async function actor(directory: string, role: string): Promise<Command> {
  const command = new Command(directory, [role], join(FIXTURES, "actor.ts"));
  await command.line();
  return command;
}

/** The rate of what is read, as the tile, the row of the table and the legend have it in one moment. */
async function toldOf({ page }: WatchedPage): Promise<Record<"tile" | "row" | "legend", string>> {
  return await page.evaluate(() => {
    const of = (selector: string): string => document.querySelector(selector)?.textContent ?? "";
    const row = document.querySelector('#segments tr[data-key="channel-00"]');
    return {
      // "1.70" and "k/s" here, "1.70 k" there.
      tile: `${of("#tile-records .value")} ${of("#tile-records .unit").replace("/s", "")}`.trim(),
      row: row?.children[3]?.textContent ?? "",
      legend: of("#chart-throughput .legend li:last-child .value"),
    };
  });
}

/** A segment, what its panel says, a tile that it has, and of some the titles of all of them. */
type Expected = readonly (readonly [
  name: string,
  detail: RegExp,
  tile: string,
  titles?: readonly string[],
])[];

const KINDS: Expected = [
  ["mutex", /Owner(nobody|process).*Wait for the lock/, "#tile-owner"],
  ["semaphore", /Wait for a permitnobody/, "#tile-semaphore-segment-available"],
  ["event", /Wait for the eventnobody/, "#tile-event-segment-isSet"],
  ["readings", /Wait for a change/, "#tile-struct-segment-version"],
];

const SHOP: Expected = [
  [
    "pages",
    /pages, cache/,
    "#tile-hit-ratio",
    ["Hits", "Hit ratio", "Sets", "Computed", "Entries", "Memory"],
  ],
  ["clients", /clients, limiter/, "#tile-denied", ["Allowed", "Denied", "Keys", "Memory"]],
  ["server", /server, counters/, "#tile-series", ["Series", "Dropped", "Memory"]],
  ["prices", /Rows100, 16 B each/, "#tile-updates", ["Updates"]],
  ["thumbnails", /Wait for jobs/, "#tile-waiting"],
];

/** What there is of each kind, and nothing that is empty. */
async function showsEach(watched: WatchedPage, url: string, expected: Expected): Promise<void> {
  for (const [name, detail, tile, titles] of expected) {
    await watched.page.goto(`${url}#segment=${name}`);
    await watched.at("#detail h2", `${name}, `).waitFor();
    await watched.at("#detail", detail).waitFor();
    await watched.page.locator(tile).waitFor();
    // Figures of the last second come with the second look.
    const isFull = async (): Promise<boolean> => {
      return await watched.page.evaluate(() => {
        const shown = [...document.querySelectorAll<HTMLElement>("#tiles .value, .chart .empty")];
        const isEmpty = (one: HTMLElement): boolean => /^–$|Nothing/.test(one.textContent);
        return !shown.some((one) => one.checkVisibility() && isEmpty(one));
      });
    };
    await until(isFull, `figures in all tiles and charts of ${name}`);
    if (titles === undefined) continue;
    expect(await watched.page.locator("#tiles h2").allTextContents()).toEqual([...titles]);
    // No bytes on the axis of numbers.
    const legends = await watched.page.locator("#chart-levels .legend").allTextContents();
    expect(legends.join()).not.toContain("bytes");
  }
}

async function showsKinds(watched: WatchedPage, url: string): Promise<void> {
  await showsEach(watched, url, KINDS);
  await watched.page.locator("#detail summary").click();
  await watched.at("#detail tbody tr", "The version of the current value.").waitFor();
  expect(await watched.barriers()).toEqual([]);
  // Plain memory has no figures: no empty table of them, and no place for charts.
  await watched.page.goto(`${url}#segment=memory`);
  await watched.at("#detail h2", "memory, memory").waitFor();
  for (const place of ["#detail summary", ".charts"]) {
    await watched.page.locator(place).first().waitFor({ state: "hidden" });
  }
}
