/**
 * Asks another service the same over HTTP and over shared memory:
 * `bun examples/two-services/main.ts [--requests 20000]`.
 *
 * @module
 */
import { strictEqual } from "node:assert";
import { join } from "node:path";
import { Requester } from "@isthmus/ipc";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, printTable, quantile, ratio } from "../shared/report.ts";
import { type Order, type Quote, quote, SCHEMAS, SERVICE } from "./quotes.ts";

/** How many requests are under way at a time, where it is not one. */
const CONCURRENCY = 64;
const { requests } = numberOptions({ requests: 20_000 });

type Ask = (order: Order) => Promise<Quote>;

interface Outcome {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

/** Asks one after the other, then many at a time. */
async function measure(ask: Ask): Promise<Outcome> {
  const times: number[] = [];
  let asked = 0;
  const askAll = async (total: number): Promise<void> => {
    while (asked < total) {
      const order = { article: asked++, quantity: 3, discount: 0.25 };
      const startMs = performance.now();
      const { total } = await ask(order);
      times.push(performance.now() - startMs);
      strictEqual(total, quote(order).total);
    }
  };
  await askAll(requests);
  const [medianMs, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)];
  const startMs = performance.now();
  asked = 0;
  await Promise.all(Array.from({ length: CONCURRENCY }, () => askAll(requests)));
  return { medianMs, p99Ms, perSecond: (requests / (performance.now() - startMs)) * 1000 };
}

await runExample(async (signal) => {
  await using service = new Program(signal, join(import.meta.dir, "service.ts"));
  const url = `http://127.0.0.1:${await service.next<number>()}/quote`;
  console.log(
    `Service ${service.pid} is asked ${count(requests)} times, alone and ${CONCURRENCY} at a time`,
  );
  const http = await measure(async (order) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(order), signal });
    return (await response.json()) as Quote;
  });
  using requester = Requester.openExisting(SERVICE, SCHEMAS);
  // Rejects with PeerDiedError as soon as the service is dead: no time-out is needed to learn of that.
  const memory = await measure((order) => requester.request(order, { signal }));
  const row = (name: string, { medianMs, p99Ms, perSecond }: Outcome): string[] => [
    name,
    duration(medianMs),
    duration(p99Ms),
    `${count(perSecond)}/s`,
  ];
  printTable([
    [
      "the same answers over",
      "one at a time: half within",
      "99 % within",
      `${CONCURRENCY} at a time`,
    ],
    row("HTTP", http),
    row("shared memory", memory),
    ["", ratio(http.medianMs, memory.medianMs), "", ratio(memory.perSecond, http.perSecond)],
  ]);
});
