/**
 * The tests that every example has: it says what it should, and leaves nothing behind, also after Ctrl-C.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "@isthmus/testing/child";
import { Home } from "@isthmus/testing/home";
import { until, within } from "@isthmus/testing/patience";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

/** How an example is tested. */
export interface ExampleTest {
  /** Its folder. */
  readonly directory: string;
  /** Sizes with which it takes a moment. */
  readonly small: readonly string[];
  /** What it says then. */
  readonly says: readonly RegExp[];
  /** Sizes with which it would go on for long. */
  readonly large: readonly string[];
}

/** Defines the tests of an example: real processes, in a directory of names and one of files of their own. */
export function testExample({ directory, small, says, large }: ExampleTest): void {
  const main = join(directory, "main.ts");
  describe("the example", () => {
    test("says what it has measured, and leaves nothing behind", async () => {
      using place = new Place();
      await using example = place.run(main, small);
      const lines = await within(linesOf(example), () => `Process ${example.pid} goes on`);
      const [code, errors] = [await example.end(), await example.errors];
      expect({ code, errors, left: place.left() }).toEqual({ code: 0, errors: "", left: [] });
      for (const pattern of says) expect(lines.join("\n")).toMatch(pattern);
    });

    test("leaves nothing behind when it is interrupted", async () => {
      using place = new Place();
      await using example = place.run(main, large);
      await example.line();
      await until(() => hasChildren(example.pid), "its processes");
      example.signal("SIGINT");
      const [code, errors] = [await example.end(), await example.errors];
      expect({ code, errors, left: place.left() }).toEqual({ code: 130, errors: "", left: [] });
    });
  });
}

/** All that it says until it ends. */
async function linesOf(example: Child): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await example.nextLine();
    if (line === undefined) return lines;
    lines.push(line);
  }
}

/** Whether a process has started others; true where the system does not tell. */
function hasChildren(pid: number): boolean {
  if (process.platform !== "linux") return true;
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.some((id) => readFileSync(`/proc/${pid}/task/${id}/children`, "utf8") !== "");
}

/** Where the names and files of one run are. */
class Place implements Disposable {
  readonly #home = new Home();
  readonly #files = new TemporaryDirectory();

  run(main: string, args: readonly string[]): Child {
    const env = testEnvironment({ ISTHMUS_DIR: this.#home.path, TMPDIR: this.#files.path });
    return new Child([process.execPath, main, ...args], { env });
  }

  /** Names and files that are still there. */
  left(): string[] {
    // Bun keeps there what it has compiled.
    const files = readdirSync(this.#files.path).filter((name) => !name.startsWith("bun-"));
    return [...this.#home.names(), ...files];
  }

  [Symbol.dispose](): void {
    this.#home[Symbol.dispose]();
    this.#files[Symbol.dispose]();
  }
}
