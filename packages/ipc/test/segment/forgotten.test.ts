import { expect, test } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { withoutWineNotes } from "@isthmus/testing/wine-notes";

test("a name of every kind stays when its holder forgets it, until the process ends", () => {
  using home = new Home();
  const fixture = join(import.meta.dir, "fixtures", "forget-all.ts");
  const { stdout, stderr } = Bun.spawnSync([process.execPath, fixture], { env: process.env });
  expect(withoutWineNotes(stderr.toString())).toBe("");
  expect(JSON.parse(stdout.toString())).toEqual([
    "consumer",
    "event",
    "mutex",
    "producer",
    "publisher",
    "queue",
    "requester",
    "responder",
    "semaphore",
    "struct",
    "subscriber",
  ]);
  expect(home.names()).toEqual([]);
});
