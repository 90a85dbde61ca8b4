/** Journals that are never disposed: those of a program that `bun --hot` evaluates again and again, and those that are forgotten. */
import { expect, test } from "bun:test";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { until } from "@isthmus/testing/patience";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { platform } from "../../../core/src/native/platform.ts";
import { Journal } from "../../src/index.ts";
import { LOCK } from "../../src/journal/journal-layout.ts";
import { NUMBERS } from "./support/sample-journal.ts";

const RELOADS = 6;
const SOURCES = join(import.meta.dir, "..", "..", "src", "index.ts");
const IPC = join(import.meta.dir, "..", "..", "..", "ipc", "src", "index.ts");

const PROGRAM = `
import { existsSync, readdirSync } from "node:fs";
import { json } from ${JSON.stringify(IPC)};
import { Journal } from ${JSON.stringify(SOURCES)};

const state = globalThis;
state.round = (state.round ?? 0) + 1;
const round = state.round;

const journal = Journal.open("jobs.journal", { schema: json });
const other = Journal.open("./jobs.journal", { schema: json });
const reader = Journal.open("jobs.journal", { access: "read" });
state.kept ??= Journal.open("kept.journal", { schema: json });

const handled = Promise.withResolvers();
void (async () => {
  for await (const { value } of journal.read({ tailer: "worker", follow: true })) {
    if (value === round) handled.resolve(value);
  }
})();
other.append(round);
state.kept.append(round);
await handled.promise;
console.log(JSON.stringify({
  round,
  read: Array.from(reader.read(), ({ value }) => value),
  kept: Array.from(state.kept.read(), ({ value }) => value),
  fds: existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0,
}));
state.clock ??= setInterval(() => {}, 1000);
`;

test(`bun --hot reloads a program ${RELOADS} times that never disposes its journals`, async () => {
  using home = new Home();
  using directory = new TemporaryDirectory();
  const path = directory.file("program.ts");
  writeFileSync(path, PROGRAM);
  const child = Bun.spawn([process.execPath, "--hot", path], {
    cwd: directory.path,
    env: { ...process.env, ISTHMUS_DIR: home.path },
    stdout: "pipe",
    stderr: "inherit",
  });
  try {
    let round = 0;
    const fds: number[] = [];
    for await (const line of linesOf(child.stdout)) {
      round++;
      const said = JSON.parse(line) as { fds: number };
      const all = Array.from({ length: round }, (_, i) => i + 1);
      expect(said).toMatchObject({ round, read: all, kept: all });
      fds.push(said.fds);
      if (round > RELOADS) break;
      appendFileSync(path, `// ${round}\n`);
    }
    expect(round).toBe(RELOADS + 1);
    expect(fds.at(-1)).toBeLessThanOrEqual((fds[1] as number) + 2);
  } finally {
    child.kill();
    await child.exited;
  }
});

const testLocks = testIf(platform().byteLocks !== undefined, "locks on bytes");

testLocks(
  "a journal that is forgotten lets go of its files, and not while a loop reads it",
  async () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    const open = () => Journal.open(path, NUMBERS);
    using journal = open();
    const following = open().read({ follow: true, tailer: "one" });
    const forget = (count: number) => {
      for (let i = 0; i < count; i++) open().append(i);
    };
    forget(40);
    const places = () => readFileSync(`${path}/lock`);
    // Slots are given out in order: what has been let go of is taken again.
    const used = () => {
      using last = open();
      last.append(0);
      return (places().readUInt32LE(LOCK.last) & 0x7fff) - 1;
    };
    await until(() => {
      Bun.gc(true);
      return used() < 20;
    }, "the files of what was forgotten");
    expect((await following.next()).value).toMatchObject({ sequence: 1 });
    expectCode(() => journal.read({ tailer: "one" }), "SystemError", "EBUSY");
    await following.return();
  },
);
