import { describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { linesOf } from "@isthmus/testing/lines-of";
import { createPlaces } from "@isthmus/testing/places";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { InterruptedError } from "../src/interrupted-error.ts";
import { runIsthmus } from "../src/run.ts";
import { createFakeHost } from "./support/fake-host.ts";
import { MAIN } from "./support/run-cli.ts";
import { untilCaught } from "./support/until-caught.ts";

describe("Ctrl-C", () => {
  test("ends a long scan with 130", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("sparse", "x");
    // Far more than can be scanned before the signal comes.
    truncateSync(path, 2 ** 42);
    await using child = Bun.spawn([process.execPath, MAIN, "scan", "--json", path], {
      env: testEnvironment(),
      stdout: "pipe",
      stderr: "pipe",
    });
    await untilCaught(child.pid);
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await new Response(child.stdout).text()).toBe("");
    expect(await new Response(child.stderr).text()).toBe("isthmus: interrupted\n");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends the demo with %d and leaves no file behind", async (signal, exitCode) => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    await using child = Bun.spawn([process.execPath, MAIN, "demo", "--json"], {
      env: testEnvironment(places.env),
      stdout: "pipe",
      stderr: "pipe",
    });
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill(signal);
    while (!(await reader.read()).done);
    expect(await child.exited).toBe(exitCode);
    expect(await new Response(child.stderr).text()).toStartWith("isthmus: interrupted");
    expect(places.leftOver()).toEqual([]);
  });
});

describe("Ctrl-C while a command is loaded", () => {
  test.each(["ls", "doctor", "demo", "producer", "scan -"])("%s does not begin", async (line) => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const signal = AbortSignal.abort(new InterruptedError("SIGINT"));
    const host = createFakeHost({ signal, env: places.env });
    expect(await runIsthmus(line.split(" "), host)).toBe(130);
    expect(host.written).toEqual({ stdout: "", stderr: "isthmus: interrupted\n" });
    expect(places.leftOver()).toEqual([]);
  });
});

describe("a command that does not stop", () => {
  const HOST = join(import.meta.dir, "..", "src", "process-host.ts");
  /** Its clock goes on by half a second for each line that it reads, and it tells of every signal that did not end it. */
  const STUBBORN = `
    let nowMs = 0;
    performance.now = () => nowMs;
    const { createProcessHost } = await import(${JSON.stringify(HOST)});
    createProcessHost();
    process.on("SIGINT", () => process.stdout.write("heard\\n"));
    process.stdout.write("ready\\n");
    for await (const _ of console) {
      nowMs += 500;
      process.stdout.write("later\\n");
    }
  `;

  test("is ended by a second Ctrl-C, but not by an echo of the first", async () => {
    await using child = Bun.spawn([process.execPath, "-e", STUBBORN], {
      env: testEnvironment(),
      stdin: "pipe",
      stdout: "pipe",
    });
    const lines = linesOf(child.stdout);
    const says = async (): Promise<unknown> => (await lines.next()).value;
    expect(await says()).toBe("ready");
    for (const _ of ["the first", "its echo"]) {
      child.kill("SIGINT");
      expect(await says()).toBe("heard");
    }
    child.stdin.write("\n");
    child.stdin.flush();
    expect(await says()).toBe("later");
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await says()).toBeUndefined();
  });
});

describe("a reader that goes away", () => {
  test.each(["demo", "demo --json"])(
    "%s ends quietly with 0 and leaves nothing behind",
    async (line) => {
      using directory = new TemporaryDirectory();
      const places = createPlaces(directory);
      await using child = Bun.spawn([process.execPath, MAIN, ...line.split(" ")], {
        env: testEnvironment(places.env),
        stdout: "pipe",
        stderr: "pipe",
      });
      const reader = child.stdout.getReader();
      await reader.read();
      await reader.cancel();
      expect(await child.exited).toBe(0);
      expect(await new Response(child.stderr).text()).toBe("");
      expect(places.leftOver()).toEqual([]);
    },
  );
});
