import { expect, test } from "bun:test";
import { json } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { describeInBrowser } from "./browser-suite.ts";
import { untilFits } from "./cut-off.ts";

const LOOKS = [["dark", 390]] as const;
const ALL_LOOKS = (["light", "dark"] as const).flatMap((colorScheme) =>
  [390, 768, 1280].map((width) => [colorScheme, width] as const),
);

describeInBrowser("the view of a journal", ({ open }) => {
  test("shows how fast it grows, up to where it is on the disk, and who is behind", async () => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("orders.journal");
    using journal = Journal.open(path, { schema: json, sync: "none", segmentBytes: 2 ** 16 });
    journal.appendAll(Array.from({ length: 3000 }, (_, id) => ({ id })));
    await journal.flushed();
    const slow = journal
      .read({ follow: true, from: 1000, tailer: "billing" })
      [Symbol.asyncIterator]();
    await slow.next();
    await slow.next();
    await using dashboard = await DashboardProcess.start({ directory: home.path });
    await using watched = await open(dashboard.url);
    await watched.at("#segments tr", "orders.journal").locator("a").click();
    await watched.at("#detail", `Directory${path}`).waitFor();
    await watched.at("#tile-appended .value", /^0$/).waitFor();
    await watched.at("#tile-last-sequence .value", "3,000").waitFor();
    await watched.at("#tile-synced .note", "all of it").waitFor();
    await watched.at("#tile-follower-lag .value", "2,000").waitFor();
    await watched.at("#followers tr", /billing\s*\d+\s*1,000\s*2,000/).waitFor();
    await watched.at("#tile-segments .note", "on the disk").waitFor();
    const timer = setInterval(() => journal.appendAll([1, 2, 3]), 20);
    try {
      await watched.at("#tile-appended .value", /^[1-9]/).waitFor();
      await watched.at("#tile-synced .note", /records behind it/).waitFor();
      await watched.at("#chart-changes .legend", "records").waitFor();
      await watched.at("#chart-levels .legend", /lag of the slowest follower/).waitFor();
      await watched.at("#verdict", "Nothing is wrong.").waitFor();
      // All six pictures on request: each takes a while.
      const isThorough = process.env["ISTHMUS_PICTURES"] !== undefined;
      for (const [colorScheme, width] of isThorough ? ALL_LOOKS : LOOKS) {
        await watched.page.emulateMedia({ colorScheme });
        await watched.page.setViewportSize({ width, height: 900 });
        await untilFits(watched, `the journal at ${width}`);
        await watched.keep(`journal-${colorScheme}-${width}`);
        expect(await watched.barriers()).toEqual([]);
      }
    } finally {
      clearInterval(timer);
    }
    await slow.return?.();
    await watched.at("#followers", "Nobody follows this journal.").waitFor();
    await watched.at("#tile-follower-lag .note", "nobody follows").waitFor();
    expect(watched.complaints).toEqual([]);
  });
});
