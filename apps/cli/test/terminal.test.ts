import { describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { ERASE_LINE } from "../src/output/status-line.ts";
import { MAIN, testEnvironment } from "./support/run-cli.ts";
import { TemporaryDirectory } from "./support/temporary-directory.ts";

/**
 * Runs its arguments in a pseudo-terminal of 100 columns and copies all output to stdout. Presses
 * Ctrl-C as soon as a text has appeared, if CTRL_C_AT names one.
 */
const PTY_SCRIPT = `
import os, pty, sys, fcntl, struct, termios
wanted = os.environ.pop("CTRL_C_AT", "").encode()
seen = b""
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
    seen += data
    if wanted and wanted in seen:
        os.write(fd, b"\\x03")
        wanted = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const python = Bun.which("python3");
const hasTerminal =
  python !== null && Bun.spawnSync([python, "-c", "import pty, fcntl, termios"]).exitCode === 0;
if (!hasTerminal) process.stderr.write("skipped: terminal tests (no python3 with pty)\n");

async function runInTerminal(args: readonly string[], env: Record<string, string> = {}) {
  const command = [python ?? "", "-c", PTY_SCRIPT, process.execPath, MAIN, ...args];
  await using child = Bun.spawn(command, {
    env: testEnvironment({ TERM: "xterm-256color", ...env }),
    stdout: "pipe",
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  return { text: text.replaceAll("\r\n", "\n"), exitCode: await child.exited };
}

describe.skipIf(!hasTerminal)("in a terminal", () => {
  test("a long scan shows its progress, and Ctrl-C erases it before its last word", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.write("sparse", "x\n");
    // Far more than can be scanned before the key is pressed.
    truncateSync(path, 2 ** 42);
    const { text, exitCode } = await runInTerminal(["scan", path], { CTRL_C_AT: "ETA" });
    expect(exitCode).toBe(130);
    expect(text).toMatch(/│ +0 % {2}\S+ .?B\/s {2}ETA \S+/);
    const rest = text.slice(text.lastIndexOf(ERASE_LINE) + ERASE_LINE.length);
    expect(rest).toBe("\x1b[31misthmus: interrupted\x1b[39m\n");
  }, 60_000);

  test("a short scan shows none, and colours its result", async () => {
    using directory = new TemporaryDirectory();
    const { text } = await runInTerminal(["scan", directory.write("a", "x\n")]);
    expect(text).not.toContain(ERASE_LINE);
    expect(text).toContain("\x1b[1m");
  });

  test.each([
    ["NO_COLOR", [], { NO_COLOR: "1" }],
    ["TERM=dumb", [], { TERM: "dumb" }],
    ["--no-color", ["--no-color"], {}],
  ] as const)("%s turns colour off", async (_, flags, env) => {
    using directory = new TemporaryDirectory();
    const { text } = await runInTerminal(["scan", ...flags, directory.write("a", "x\n")], env);
    expect(text).not.toContain("\x1b[");
    expect(text).toContain("lines");
  });
});
