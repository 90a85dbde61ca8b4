import { expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { describeInBrowser } from "./browser-suite.ts";
import type { WatchedPage } from "./watched-page.ts";

const CROWD = join(import.meta.dir, "..", "fixtures", "crowd.ts");
const FACTORS: Readonly<Record<string, number>> = { "/s": 1, "k/s": 1e3, "M/s": 1e6 };
/** On a busy machine a moment is not the whole: then it is tried again. */
const ATTEMPTS_MAX = 8;

describeInBrowser("the live page", ({ open }) => {
  /** The number that the first tile shows. */
  async function shownRate(watched: WatchedPage): Promise<number> {
    const value = await watched.text("#tile-records .value");
    const unit = await watched.text("#tile-records .unit");
    return Number(value.replaceAll(",", "")) * (FACTORS[unit] ?? Number.NaN);
  }

  test("shows the rate that the processes themselves have counted", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using watched = await open(dashboard.url);
    for (let attempt = 1; ; attempt++) {
      const common = ["--channel", "orders", "--latency", "--json", "--quiet"];
      await using consumer = new Command(directory.path, ["consumer", ...common]);
      const sending = ["producer", ...common, "--count", "0", "--rate", "3000"];
      await using producer = new Command(directory.path, sending);
      await watched.at("#segments tbody tr", "orders").waitFor();
      await until(async () => (await shownRate(watched)) > 0, "a rate");
      // The rate of a second: the first one is not whole.
      await Bun.sleep(1500);
      const shown: number[] = [];
      for (let reading = 0; reading < 10; reading++) {
        shown.push(await shownRate(watched));
        await Bun.sleep(150);
      }
      producer.signal("SIGINT");
      const sent = await producer.summary();
      const received = await consumer.summary();
      expect(received).toMatchObject({ lost: 0, corrupt: 0 });
      const mean = shown.reduce((sum, each) => sum + each, 0) / shown.length;
      const isClose = [sent, received].every(({ messages_per_second: counted = 0 }) => {
        return Math.abs(mean / counted - 1) < 0.05;
      });
      if (isClose) break;
      const figures = JSON.stringify({ shown, sent, received });
      if (attempt === ATTEMPTS_MAX) throw new Error(`They do not agree: ${figures}`);
    }
    expect(watched.complaints).toEqual([]);
  });

  test("says it when a process has been killed, and when others have cleared up after it", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using watched = await open(dashboard.url);
    const common = ["--channel", "orders", "--latency", "--json", "--quiet"];
    await using consumer = new Command(directory.path, ["consumer", ...common, "--follow"]);
    const sending = ["producer", ...common, "--count", "0", "--rate", "1000"];
    await using first = new Command(directory.path, sending);
    const rowOf = ({ pid }: Command, state: string) =>
      watched.at(`#processes tr:has(td:text-is("${pid}"))`, state);
    await rowOf(first, "live").waitFor();
    await watched.at("#verdict", "Nothing is wrong.").waitFor();
    await watched.keep("live");
    first.signal("SIGKILL");
    await rowOf(first, "dead").waitFor();
    await watched.at("#verdict", `producer ${first.pid} (main.ts) died without leaving`).waitFor();
    await watched.at("#verdict[data-mood=bad]", "1 thing is wrong").waitFor();
    await watched.at("#log [data-kind=died]", `producer ${first.pid}`).waitFor();
    await watched.keep("died");
    await using second = new Command(directory.path, sending);
    await watched.at("#log [data-kind=recovered]", `producer ${first.pid}`).waitFor();
    await rowOf(second, "live").waitFor();
    await watched.at("#verdict[data-mood=good]", "Nothing is wrong.").waitFor();
    consumer.signal("SIGSTOP");
    await rowOf(consumer, "stalled").waitFor();
    await watched.at("#verdict", `consumer ${consumer.pid} (main.ts) has taken nothing`).waitFor();
    consumer.signal("SIGCONT");
    await rowOf(consumer, "live").waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test("answers how many, how late and what is wrong after one press of the button", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using watched = await open(dashboard.url);
    const { page } = watched;
    await watched.keep("empty");
    await page.locator("#welcome-start").click();
    const answer = /[\d,]+ records per second\. 99 % arrive within [\d.]+ \S+\. Nothing is wrong\./;
    await watched.at("#verdict h1", answer).waitFor();
    await watched.keep("demonstration");
    await page.locator("#kill-producer").click();
    await watched.at("#verdict", "died without leaving").waitFor();
    await watched.at("#demonstration", "killed; the next one starts in").waitFor();
    await watched.at("#log [data-kind=recovered]", "cleared up after producer").waitFor();
    await watched.at("#verdict h1", answer).waitFor();
    // The arrow keys choose, and the producer that runs then is another.
    const before = await page.locator("#demonstration dd").first().textContent();
    await page.locator("#demo-size").press("ArrowRight");
    await watched.at("#tile-bytes", "128 B a record").waitFor();
    expect(await page.locator("#demonstration dd").first().textContent()).not.toBe(before);
    await page.locator("#demonstration-toggle").click();
    await watched.at("#demonstration", /sent [\d,]+; 0 lost, 0 corrupt/).waitFor();
    await watched.at("#demonstration", /received [\d,]+; 0 lost, 0 corrupt/).waitFor();
    await watched.at("#verdict h1", "Nothing lives in shared memory.").waitFor();
    expect(watched.complaints).toEqual([]);
  });

  test("shows a hundred segments and more, of every kind, without a line for each", async () => {
    using directory = new TemporaryDirectory();
    await using dashboard = await DashboardProcess.start({ directory: directory.path });
    await using crowd = new Command(directory.path, ["110", "50"], CROWD);
    await crowd.line();
    await using watched = await open(dashboard.url);
    const { page } = watched;
    await watched.at("#segments .unit", "117").waitFor();
    expect(await page.locator("#segments tbody tr").count()).toBe(117);
    // Of 110 channels, a topic and a service, six have a line.
    await watched.at("#chart-throughput .legend", "106 others").waitFor();
    expect(await page.locator("#chart-throughput .legend li").count()).toBe(8);
    for (const kind of ["topic", "service", "struct", "mutex", "semaphore", "event", "memory"]) {
      await page.locator("#filter").fill(kind);
      await watched.at("#segments .unit", "1 of 117").waitFor();
      await watched.at("#segments tbody tr", "fine").waitFor();
    }
    await page.locator("#filter").fill("nothing-like-it");
    await watched.at("#segments", "No segment matches “nothing-like-it”.").waitFor();
    await page.locator("#filter").fill("");
    await watched.keep("many");
    expect(await watched.overflow()).toBe(0);
    expect(watched.complaints).toEqual([]);
  });
});
