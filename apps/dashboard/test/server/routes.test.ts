import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BenchResults } from "@isthmus/bench/results";
import { TEST_MS, until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { Frame } from "../../src/wire/frame.ts";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

const stack = new AsyncDisposableStack();
let dashboard: DashboardProcess;
let results = "";

beforeAll(async () => {
  const directory = stack.use(new TemporaryDirectory()).path;
  results = stack.use(new TemporaryDirectory()).path;
  const crowd = stack.use(new Command(directory, ["1", "1000"], join(FIXTURES, "crowd.ts")));
  await crowd.line();
  dashboard = stack.use(await DashboardProcess.start({ directory, results }));
}, TEST_MS);

afterAll(async () => await stack.disposeAsync());

describe("the page", () => {
  test("comes with a policy that allows nothing inline and nothing from elsewhere", async () => {
    const response = await dashboard.get("/");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith("text/html");
    const policy = response.headers.get("content-security-policy")?.split("; ") ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.join()).not.toContain("unsafe");
    const html = await response.text();
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/i);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//i);
  });

  test("names files that are there, to be kept for ever, and the page itself is not kept", async () => {
    const page = await dashboard.get("/");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const paths = Array.from((await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g), String);
    const files = paths.map(
      (each) =>
        each
          .replace(/^.*"(.*)"$/, "$1")
          .split(",")
          .at(-1) ?? "",
    );
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const path of files) {
      const file = await dashboard.get(path);
      expect({ path, status: file.status }).toEqual({ path, status: 200 });
      expect(file.headers.get("cache-control")).toContain("immutable");
      expect(file.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describe("every answer", () => {
  test.each(["/", "/api/snapshot", "/api/bench", "/metrics", "/healthz", "/nowhere", "/../etc"])(
    "%s forbids to be framed, guessed at or taken elsewhere",
    async (path) => {
      const { headers } = await dashboard.get(path);
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    },
  );
});

describe("/healthz", () => {
  test("says ok", async () => {
    const response = await dashboard.get("/healthz");
    expect([response.status, await response.text()]).toEqual([200, "ok\n"]);
  });
});

describe("/api/snapshot", () => {
  test("tells of all segments, with rates", async () => {
    const frame = await until(async () => {
      const now = await dashboard.snapshot();
      return (now.total.records_per_second ?? 0) > 0 && now.issues.length === 0 && now;
    }, "records that flow");
    const channel = frame.segments.find(({ kind }) => kind === "channel");
    expect(channel?.name).toBe("channel-00");
    const flowing = frame.segments.filter(({ flow }) => flow !== null);
    expect(new Set(flowing.map(({ kind }) => kind))).toEqual(
      new Set(["channel", "topic", "service"]),
    );
    const rates = flowing.map(({ flow }) => flow?.records_per_second ?? 0);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    expect(frame.total.records_per_second).toBeCloseTo(total, 2);
    expect(channel?.participants.map(({ role }) => role).sort()).toEqual(["consumer", "producer"]);
    const kinds = new Set(frame.segments.map(({ kind }) => kind));
    expect(kinds.size).toBe(8);
  });
});

describe("/api/bench", () => {
  test("is null without results, and otherwise the newest ones", async () => {
    const read = async (): Promise<BenchResults | null> =>
      (await (await dashboard.get("/api/bench")).json()) as BenchResults | null;
    expect(await read()).toBeNull();
    mkdirSync(join(results, "some-run"));
    cpSync(join(FIXTURES, "results.json"), join(results, "some-run", "results.json"));
    expect((await read())?.claims.length).toBeGreaterThan(0);
  });
});

describe("what is not there", () => {
  test.each(["/nowhere", "/api", "/constructor", "/__proto__", "/index", "/src/server/main.ts"])(
    "%s is 404",
    async (path) => {
      const response = await dashboard.get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).toBe(`There is nothing at ${path}; the page is at /\n`);
    },
  );

  test.each([
    ["POST", "/", "GET, HEAD"],
    ["DELETE", "/api/snapshot", "GET, HEAD"],
    ["PUT", "/api/demonstration", "GET, POST, HEAD"],
    ["POST", "/metrics", "GET, HEAD"],
    ["HEAD", "/events", "GET"],
  ])("%s %s is 405 and says what is", async (method, path, allow) => {
    const response = await dashboard.get(path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  });

  test("HEAD is GET without a body", async () => {
    const response = await dashboard.get("/healthz", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });
});

describe("a directory that cannot be looked at", () => {
  test("is told, and does not end the server", async () => {
    using place = new TemporaryDirectory();
    const directory = join(place.path, "names");
    await Bun.write(directory, "not a directory");
    await using other = await DashboardProcess.start({ directory });
    const frame: Frame = await other.snapshot();
    expect(frame.segments).toEqual([]);
    expect(frame.issues.map(({ severity, code }) => [severity, code])).toEqual([
      ["bad", "unreadable"],
    ]);
    expect((await other.get("/metrics")).status).toBe(500);
    expect((await other.get("/healthz")).status).toBe(200);
  });
});
