import { describe, expect, test } from "bun:test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { runCli } from "./support/run-cli.ts";
import { LiveCommand } from "./watch/live-command.ts";

interface Address {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

/** Waits for the line with the address. */
async function addressOf(command: LiveCommand): Promise<Address> {
  const { url, port, pid } = await command.until(({ url }) => url !== undefined);
  return { url: String(url), port: Number(port), pid: Number(pid) };
}

describe("isthmus dashboard", () => {
  test("prints its address, serves the page there, and ends with 130 at Ctrl-C while somebody watches", async () => {
    using directory = new TemporaryDirectory();
    const env = { ISTHMUS_DIR: directory.path };
    await using command = new LiveCommand(env, "dashboard", "--port", "0", "--json");
    const { url, port } = await addressOf(command);
    expect(url).toBe(`http://127.0.0.1:${port}/`);
    const page = await (await fetch(url)).text();
    expect(page).toContain("<title>");
    const watching = await fetch(`${url}events`);
    const reader = (watching.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).done).toBe(false);
    command.signal("SIGINT");
    expect(await command.end()).toBe(130);
    expect(await command.errors()).toBe("isthmus: interrupted\n");
  });

  test("tells a person the address, and ends with 143 at SIGTERM", async () => {
    using directory = new TemporaryDirectory();
    const env = { ISTHMUS_DIR: directory.path };
    await using command = new LiveCommand(env, "dashboard", "--port", "0");
    expect(await command.line()).toMatch(
      /^The dashboard is at http:\/\/127\.0\.0\.1:\d+\/ {2}\(Ctrl-C ends it\)$/,
    );
    command.signal("SIGTERM");
    expect(await command.end()).toBe(143);
  });

  test("says what to do when $PORT is in use, and listens elsewhere when --port says so", async () => {
    using directory = new TemporaryDirectory();
    await using other = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => new Response(),
    });
    const env = { ISTHMUS_DIR: directory.path, PORT: String(other.port) };
    expect(await runCli(["dashboard"], { env })).toEqual({
      stdout: "",
      stderr:
        `isthmus: Cannot serve at port ${other.port}: it is in use; ` +
        "end what listens there, or choose another with --port N (0: any)\n",
      exitCode: 1,
    });
    await using command = new LiveCommand(env, "dashboard", "--port", "0", "--json");
    expect((await addressOf(command)).port).not.toBe(other.port as number);
  });

  test.each([
    [["--port", "65536"], {}, 'Failed to parse "65536" for port'],
    [["--port", "1e3"], {}, 'Failed to parse "1e3" for port'],
    [["--interval-ms", "99"], {}, 'Failed to parse "99" for interval-ms'],
    [[], { PORT: "high" }, 'PORT must be a whole number from 0 to 65535: received "high"'],
  ])("%p with %p is a mistake of the user", async (args, env, message) => {
    const { stdout, stderr, exitCode } = await runCli(["dashboard", ...args], { env });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toStartWith(`isthmus: ${message}`);
  });
});
