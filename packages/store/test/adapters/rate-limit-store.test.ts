/** The limiter as a store of the real middlewares. */
import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { type Options, rateLimit } from "express-rate-limit";
import { Hono } from "hono";
import { type HonoConfigProps, rateLimiter } from "hono-rate-limiter";
import { RateLimiter, rateLimitStore } from "../../src/index.ts";

const HOUR = 3_600_000;
const LIMIT = { limit: 3, perMs: HOUR } as const;
const SAME = { limit: 3, windowMs: HOUR } as const;

interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | null;
}

/** Asks a middleware for a path: "/fail" is answered with 500. */
interface Asking extends AsyncDisposable {
  readonly ask: (path: string) => Promise<Answer>;
}

type Skips = Pick<Partial<Options>, "skipFailedRequests" | "skipSuccessfulRequests">;

const statusOf = (path: string): number => (path === "/fail" ? 500 : 200);
const answerOf = ({ status, headers }: Response): Answer => ({
  status,
  header: (name) => headers.get(name),
});

async function express(limiter: RateLimiter, skips: Skips): Promise<Asking> {
  const limit = rateLimit({
    ...SAME,
    ...skips,
    store: rateLimitStore(limiter),
    standardHeaders: "draft-7",
    keyGenerator: () => "ada",
    validate: false,
  }) as unknown as (request: object, response: object, next: () => void) => void;
  let sent: Promise<unknown> | undefined;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    sent = once(response, "finish");
    // What Express adds.
    const like = Object.assign(response, {
      status: (code: number) => Object.assign(response, { statusCode: code }),
      send: (body: string) => response.end(body),
    });
    const app = { get: () => false };
    limit(Object.assign(request, { ip: "127.0.0.1", app }), like, () => {
      response.statusCode = statusOf(request.url ?? "");
      response.end("answered");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ask: async (path) => {
      const answer = answerOf(await fetch(`http://127.0.0.1:${port}${path}`));
      // What is taken back is taken back when the answer has been sent.
      await sent;
      await Bun.sleep(0);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function hono(limiter: RateLimiter, skips: Skips): Promise<Asking> {
  const app = new Hono();
  const options: HonoConfigProps = { keyGenerator: () => "ada", store: rateLimitStore(limiter) };
  app.use(rateLimiter({ ...SAME, ...skips, ...options, standardHeaders: "draft-7" }));
  app.all("*", ({ req, body }) => body("answered", statusOf(req.path) as 200));
  return {
    ask: async (path) => answerOf(await app.request(path)),
    [Symbol.asyncDispose]: async () => {},
  };
}

describe.each([
  ["express-rate-limit", express],
  ["hono-rate-limiter", hono],
] as const)("rateLimitStore() in %s", (_, open) => {
  test("refuses what is over the limit, and says when to come again", async () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", LIMIT);
    await using server = await open(limiter, {});
    const answers: Answer[] = [];
    for (let i = 0; i < 4; i++) answers.push(await server.ask("/"));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    const rates = answers.map(({ header }) => header("ratelimit"));
    expect(rates[0]).toStartWith("limit=3, remaining=2, reset=");
    expect(rates[3]).toStartWith("limit=3, remaining=0, reset=");
    // The next unit comes back after a third of the time.
    const wait = Number(answers[3]?.header("retry-after"));
    expect(wait).toBeGreaterThan(HOUR / 3000 - 60);
    expect(wait).toBeLessThanOrEqual(HOUR / 3000);
  });

  test("gives back what is not to count, and nothing for what was refused", async () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", LIMIT);
    await using failing = await open(limiter, { skipFailedRequests: true });
    for (let i = 0; i < 5; i++) expect((await failing.ask("/fail")).status).toBe(500);
    expect(limiter.take("ada", 0).remaining).toBe(3);
    const statuses: number[] = [];
    // Each refusal is a failed request, too: giving a unit back for it would let everybody in.
    for (let i = 0; i < 8; i++) statuses.push((await failing.ask("/")).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
    limiter.clear();
    expect((await failing.ask("/fail")).status).toBe(500);
    expect(limiter.take("ada", 0).remaining).toBe(3);
  });

  test("counts failures alone where successes are left out", async () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", LIMIT);
    await using server = await open(limiter, { skipSuccessfulRequests: true });
    for (let i = 0; i < 5; i++) expect((await server.ask("/")).status).toBe(200);
    for (let i = 0; i < 3; i++) expect((await server.ask("/fail")).status).toBe(500);
    // Refused as well for being asked again: some middleware takes a refused request for one that went well.
    for (let i = 0; i < 3; i++) expect((await server.ask("/")).status).toBe(429);
    limiter.giveBack("ada");
    for (let i = 0; i < 5; i++) expect((await server.ask("/")).status).toBe(200);
  });
});

describe("rateLimitStore()", () => {
  test("is one for all processes", () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", LIMIT);
    const [one, two] = [rateLimitStore(limiter), rateLimitStore(limiter)];
    expect(one.get("ada")).toBeUndefined();
    expect(one.increment("ada").totalHits).toBe(1);
    expect(two.increment("ada").totalHits).toBe(2);
    expect(one.get("ada")?.totalHits).toBe(2);
    const { resetTime } = two.increment("ada");
    expect(Math.abs(resetTime.getTime() - Date.now() - HOUR)).toBeLessThan(60_000);
    expect(one.increment("ada").totalHits).toBe(4);
    two.resetKey("ada");
    expect(one.increment("ada").totalHits).toBe(1);
    one.resetAll();
    expect(two.get("ada")).toBeUndefined();
  });

  test("refuses a middleware that would limit otherwise, also where that is only logged", () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", LIMIT);
    const store = rateLimitStore(limiter);
    const range = ["RangeError", "ERR_OUT_OF_RANGE"] as const;
    for (const options of [
      { ...SAME, windowMs: 1000 },
      { ...SAME, limit: 300 },
    ]) {
      expectCode(() => store.init(options), ...range);
      expectCode(() => store.increment("ada"), ...range);
    }
    store.init({ ...SAME, limit: () => 3 });
    expect(store.increment("ada").totalHits).toBe(1);
  });
});
