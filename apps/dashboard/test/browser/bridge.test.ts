import { expect } from "bun:test";
import { bridge } from "@isthmus/bridge";
import { json, Producer } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { Home } from "@isthmus/testing/home";
import { serverTest } from "@isthmus/testing/server-test";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { describeInBrowser } from "./browser-suite.ts";
import { untilFits } from "./cut-off.ts";

const LOOKS = [["dark", 390]] as const;
const ALL_LOOKS = (["light", "dark"] as const).flatMap((colorScheme) =>
  [390, 768, 1280].map((width) => [colorScheme, width] as const),
);

describeInBrowser("the view of a bridge", ({ open }) => {
  serverTest(
    "shows what it carries, what is still to be carried, and why it does not go on",
    async () => {
      using home = new Home();
      await using server = await NatsServer.start();
      using producer = Producer.createNew("orders", { schema: json });
      await using _out = await bridge("orders", { server: server.url, role: "out" });
      for (let id = 0; id < 3000; id++) producer.send({ id });
      await using dashboard = await DashboardProcess.start({ directory: home.path });
      await using watched = await open(dashboard.url);
      await watched.at("#segments tr", "bridge-orders").locator("a").click();
      await watched.at("#detail", "Carriesorders").waitFor();
      await watched.at("#tile-bridge-state .value", "live").waitFor();
      await watched.at("#tile-bridge-state .note", "1 end").waitFor();
      await watched.at("#tile-bridge-lag .value", /^0$/).waitFor();
      await watched.at("#tile-acknowledge .value", /^\d/).waitFor();
      await watched.at("#tile-lost .note", "none now").waitFor();
      await watched.at("#ends tr", /out\s*channel\s*live.*3,000.*nats:/).waitFor();
      await watched.at("#verdict", "Nothing is wrong.").waitFor();
      const timer = setInterval(() => producer.send({ id: 0 }), 20);
      try {
        await watched.at("#tile-carried .value", /^[1-9]/).waitFor();
        await watched.at("#chart-changes .legend", "records").waitFor();
        await server.kill();
        await watched.at("#tile-bridge-state .value", "away").waitFor();
        await watched.at("#tile-bridge-lag .value", /^[1-9]/).waitFor();
        await watched.at("#ends tr", /out\s*channel\s*away/).waitFor();
        await watched.at("#verdict", /has no connection to nats:\S+, for \d+ s/).waitFor();
        // All six pictures on request: each takes a while.
        const isThorough = process.env["ISTHMUS_PICTURES"] !== undefined;
        for (const [colorScheme, width] of isThorough ? ALL_LOOKS : LOOKS) {
          await watched.page.emulateMedia({ colorScheme });
          await watched.page.setViewportSize({ width, height: 900 });
          await untilFits(watched, `the bridge at ${width}`);
          await watched.keep(`bridge-${colorScheme}-${width}`);
          expect(await watched.barriers()).toEqual([]);
        }
        await server.restart();
        await watched.at("#tile-bridge-state .value", "live").waitFor();
      } finally {
        clearInterval(timer);
      }
      await watched.at("#tile-bridge-lag .value", /^0$/).waitFor();
      expect(watched.complaints).toEqual([]);
    },
  );
});
