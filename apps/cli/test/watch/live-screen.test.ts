import { describe, expect, test } from "bun:test";
import { pause } from "@isthmus/ipc/internal";
import { createContext } from "../../src/context.ts";
import { LiveScreen } from "../../src/output/live-screen.ts";
import { createFakeHost } from "../support/fake-host.ts";

/** A terminal of a size, and what has been written to it. */
function terminal(columns: number, rows: number, isTTY = true) {
  const host = createFakeHost({ isTTY, env: { TERM: "xterm" } });
  const { process } = createContext({ ...host, stdout: { ...host.stdout, columns, rows } }, false);
  return { process, written: host.written };
}

describe("LiveScreen", () => {
  test("replaces its lines in place, cut to the terminal's size", () => {
    const { process, written } = terminal(6, 3);
    {
      using screen = new LiveScreen(process.stdout, process.env);
      screen.show(["a long line", "b", "c"]);
      screen.show(["a", "b", "c", "d", "e"]);
    }
    expect(written.stdout).toBe(
      "\x1b[?1049h\x1b[?25l" +
        "\x1b[Ha lon\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[J" +
        "\x1b[Ha\x1b[K\r\nb\x1b[K\r\n… 3 m\x1b[K\x1b[J" +
        "\x1b[?25h\x1b[?1049l",
    );
  });

  test("that has shown nothing leaves nothing to restore", () => {
    const { process, written } = terminal(6, 3);
    new LiveScreen(process.stdout, process.env)[Symbol.dispose]();
    expect(written.stdout).toBe("");
  });

  test("without a terminal, and on a dumb one, texts follow each other", () => {
    for (const [isTTY, env] of [
      [false, {}],
      [true, { TERM: "dumb" }],
    ] as const) {
      const { process, written } = terminal(6, 3, isTTY);
      using screen = new LiveScreen(process.stdout, { ...process.env, ...env });
      expect(screen.isLive).toBe(false);
      screen.show(["a long line", "b"]);
      screen.show(["c"]);
      expect(written.stdout).toBe("a long line\nb\n\nc\n");
    }
  });
});

describe("StricliStream.drained()", () => {
  function behind() {
    const listeners: (() => void)[] = [];
    const controller = new AbortController();
    let isBehind = true;
    const host = createFakeHost({ signal: controller.signal });
    const stdout = {
      write: () => !isBehind,
      once: (_: string, listener: () => void) => listeners.push(listener),
    };
    const { process } = createContext({ ...host, stdout }, false);
    const catchUp = (): void => {
      isBehind = false;
      for (const listener of listeners) listener();
    };
    return { stdout: process.stdout, catchUp, controller };
  }

  test("waits for a reader that is behind, and for no other", async () => {
    const { stdout, catchUp } = behind();
    await stdout.drained(); // nothing has been written
    stdout.write("x");
    let isDrained = false;
    const drained = stdout.drained().then(() => {
      isDrained = true;
    });
    await Bun.sleep(0);
    expect(isDrained).toBe(false);
    catchUp();
    await drained;
    stdout.write("y");
    await stdout.drained();
  });

  test("does not wait once the command is to end", async () => {
    const { stdout, controller } = behind();
    stdout.write("x");
    const drained = stdout.drained();
    controller.abort(new Error("enough"));
    await drained;
    await stdout.drained();
  });
});

describe("pause()", () => {
  test("throws the signal's reason at once, before and in the middle", async () => {
    const controller = new AbortController();
    const paused = pause(60_000, controller.signal);
    controller.abort(new Error("enough"));
    expect(await paused.catch(String)).toBe("Error: enough");
    expect(await pause(60_000, controller.signal).catch(String)).toBe("Error: enough");
    await pause(1, new AbortController().signal);
  });
});
