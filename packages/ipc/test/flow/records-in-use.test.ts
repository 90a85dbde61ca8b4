/** Records in place that somebody still uses, or has taken away, when their channel, topic or service is left. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";

const FIXTURE = join(import.meta.dir, "fixtures", "records-in-use.ts");

function run(taker: string, user: string): unknown {
  const command = [process.execPath, FIXTURE, JSON.stringify([taker, user])];
  const { stdout, stderr, exitCode, signalCode } = Bun.spawnSync(command, { env: process.env });
  if (exitCode !== 0) throw new Error(`ended with ${signalCode ?? exitCode}: ${stderr}`);
  return JSON.parse(stdout.toString());
}

describe.each(["consumer", "subscriber", "responder", "producer", "publisher"])(
  "a record of a %s",
  (taker) => {
    test.each(["writeFile", "gzip"])("stays readable while %s uses it", (user) => {
      using home = new Home();
      const result = run(taker, user);
      expect(result).toEqual({ first: "done", second: "done", left: "done", kept: 7, taken: 2 });
      expect(home.names()).toEqual([]);
    });

    test("takes all others with it when it is transferred, which is told; the name is let go", () => {
      using home = new Home();
      expect(run(taker, "transfer")).toEqual({
        first: "ERR_DISPOSED",
        second: "ERR_DISPOSED",
        left: "done",
        kept: 7,
        taken: 1,
      });
      expect(home.names()).toEqual([]);
    });
  },
);
