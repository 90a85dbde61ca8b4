/** The adapters in four servers on one port. */
import { expect } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { ifSharedPorts } from "@isthmus/testing/requirement";
import { Servers } from "../support/servers.ts";

ifSharedPorts("four servers on one port have one limit and one set of values", async () => {
  using home = new Home();
  {
    await using servers = await Servers.start(home, import.meta.dir);
    const ask = async (method: string, key: string, body?: string) => {
      const content = body === undefined ? {} : { body };
      const answer = await servers.fetch("/", { method, headers: { key }, ...content });
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
  }
  expect(home.names()).toEqual([]);
});
