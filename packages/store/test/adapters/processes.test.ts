/** The adapters in four servers on one port. */
import { expect } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { ifSharedPorts } from "@isthmus/testing/requirement";
import { testEnvironment } from "@isthmus/testing/run-program";

ifSharedPorts("four servers on one port have one limit and one set of values", async () => {
  using home = new Home();
  const start = async (port: string) => {
    const server = Bun.spawn(
      [process.execPath, join(import.meta.dir, "fixtures", "server.ts"), port],
      { env: testEnvironment({ ISTHMUS_DIR: home.path }), stdin: "pipe", stdout: "pipe" },
    );
    return { server, port: (await linesOf(server.stdout).next()).value as string };
  };
  const first = await start("0");
  const { port } = first;
  const others = await Promise.all([1, 2, 3].map(() => start(port)));
  const servers = [first, ...others].map(({ server }) => server);
  try {
    const ask = async (method: string, key: string, body?: string) => {
      const headers = { key, connection: "close" };
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    await ask("PUT", "writer", "shared");
    const answers = await Promise.all(Array.from({ length: 80 }, () => ask("GET", "ada")));
    const allowed = answers.filter(({ status }) => status === 200);
    expect(allowed).toHaveLength(50);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
    const [pids, values] = [0, 1].map(
      (at) => new Set(allowed.map(({ text }) => text.split(" ")[at])),
    );
    expect([...(values as Set<string>)]).toEqual(["shared"]);
    expect(pids?.size).toBeGreaterThan(1);
  } finally {
    for (const server of servers) await server.stdin.end();
    await Promise.all(servers.map(({ exited }) => exited));
  }
  expect(home.names()).toEqual([]);
});
