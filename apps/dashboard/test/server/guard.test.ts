import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { TEST_MS, within } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { TOKEN_HEADER } from "../../src/wire/hello.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";

const START = { action: "start", records_per_second: 100, size_bytes: 64, batch_records: 1 };

const stack = new AsyncDisposableStack();
let dashboard: DashboardProcess;
let token = "";

beforeAll(async () => {
  const directory = stack.use(new TemporaryDirectory()).path;
  dashboard = stack.use(await DashboardProcess.start({ directory }));
  ({ token } = await dashboard.hello());
}, TEST_MS);

afterAll(async () => await stack.disposeAsync());

/** Sends a request byte by byte, as no well-behaved client would; the status it gets. */
async function statusOf(request: string): Promise<number> {
  const answer = new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = connect(dashboard.port, "127.0.0.1", () => socket.write(request));
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (text.includes("\r\n")) socket.destroy();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
  return Number((await within(answer, () => "There is no sign of an answer")).split(" ")[1]);
}

/** A request with these headers. */
function requestWith(method: string, path: string, headers: Readonly<Record<string, string>>) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, "Connection: close", "", ""].join("\r\n");
}

describe("a request", () => {
  test.each([
    ["127.0.0.1", 200],
    ["localhost", 200],
    ["[::1]", 200],
    // A name that its owner has pointed at 127.0.0.1.
    ["rebound.example", 403],
    ["127.0.0.1.example", 403],
    ["localhost.", 403],
  ])("that names %s as its host gets %d", async (name, status) => {
    const host = `${name}:${dashboard.port}`;
    for (const path of ["/", "/events", "/api/snapshot"]) {
      expect(await statusOf(requestWith("GET", path, { Host: host }))).toBe(status);
    }
  });

  test("that names another port, or no host at all, is refused", async () => {
    expect(await statusOf(requestWith("GET", "/", { Host: "127.0.0.1:1" }))).toBe(403);
    expect(await statusOf(requestWith("GET", "/", { Host: "127.0.0.1" }))).toBe(403);
    expect(await statusOf(requestWith("GET", "/", {}))).toBeGreaterThanOrEqual(400);
  });

  test("from another origin is refused, whatever it asks for", async () => {
    const own = `http://127.0.0.1:${dashboard.port}`;
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await dashboard.get("/api/demonstration", { headers })).status;
    expect(await ask({ Origin: own })).toBe(200);
    expect(await ask({ Origin: "https://elsewhere.example" })).toBe(403);
    expect(await ask({ Origin: "null" })).toBe(403);
    expect(await ask({ Origin: "http://127.0.0.1:1" })).toBe(403);
    // The same server by another name: no page of ours does that.
    expect(await ask({ Origin: `http://localhost:${dashboard.port}` })).toBe(403);
  });

  test("that a browser says comes from elsewhere is refused, unless a person follows a link", async () => {
    const ask = async (site: string, mode: string): Promise<number> => {
      const headers = { "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode };
      return (await dashboard.get("/healthz", { headers })).status;
    };
    expect(await ask("same-origin", "cors")).toBe(200);
    expect(await ask("none", "navigate")).toBe(200);
    expect(await ask("cross-site", "navigate")).toBe(200);
    expect(await ask("cross-site", "no-cors")).toBe(403);
    expect(await ask("same-site", "no-cors")).toBe(403);
  });
});

describe("POST /api/demonstration", () => {
  test.each(["", "x", "0".repeat(32)])("without the token (%p) is refused", async (wrong) => {
    const { status, text } = await dashboard.demonstration(START, wrong);
    expect([status, text.includes(TOKEN_HEADER)]).toEqual([403, true]);
    expect((await dashboard.demonstrationState()).phase).toBe("stopped");
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "7"],
    ["null", "null"],
    ["nothing", ""],
    ["no action", "{}"],
    ["another action", '{"action":"run","command":"true"}'],
    ["an action of the prototype", '{"action":"constructor"}'],
    ["another role", '{"action":"kill","role":"init"}'],
    ["a pid", '{"action":"kill","role":"producer","pid":1,"role":1}'],
    ["no rate", '{"action":"start","size_bytes":64,"batch_records":1}'],
    ["text", JSON.stringify({ ...START, records_per_second: "1" })],
    ["a fraction", JSON.stringify({ ...START, batch_records: 1.5 })],
    ["too much", JSON.stringify({ ...START, size_bytes: 65_537 })],
    ["too little", JSON.stringify({ ...START, size_bytes: 23 })],
    ["infinity", JSON.stringify(START).replace("100", "1e999")],
  ])("with %s is 400 and starts nothing", async (_, body) => {
    const headers = { [TOKEN_HEADER]: token };
    const response = await dashboard.get("/api/demonstration", { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(200);
    expect((await dashboard.demonstrationState()).phase).toBe("stopped");
  });

  test("kills nobody while nobody runs", async () => {
    const { status } = await dashboard.demonstration({ action: "kill", role: "consumer" }, token);
    expect(status).toBe(409);
  });

  test("with a body that is long, or of which nobody knows how long it is, is 413", async () => {
    const headers = { [TOKEN_HEADER]: token };
    const post = async (body: string): Promise<number> =>
      (await dashboard.get("/api/demonstration", { method: "POST", headers, body })).status;
    expect(await post(" ".repeat(1025))).toBe(413);
    expect(await post(" ".repeat(1_000_000))).toBe(413);
    const host = `127.0.0.1:${dashboard.port}`;
    const chunked = { Host: host, [TOKEN_HEADER]: token, "Transfer-Encoding": "chunked" };
    expect(await statusOf(requestWith("POST", "/api/demonstration", chunked))).toBe(413);
    // Said to be huge: refused before any of it has come.
    const huge = { Host: host, [TOKEN_HEADER]: token, "Content-Length": "1000000000000" };
    expect(await statusOf(requestWith("POST", "/api/demonstration", huge))).toBe(413);
  });
});
