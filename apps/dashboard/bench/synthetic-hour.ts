/**
 * A server that has seen an hour of traffic which never was: the page cannot tell.
 *
 * @module
 */
import { PageFiles } from "../src/server/page-files.ts";
import type { Frame, SegmentFrame } from "../src/wire/frame.ts";
import type { Hello } from "../src/wire/hello.ts";
import { flowFrame, participantFrame, segmentFrame } from "../test/support/frames.ts";

const HOUR_MS = 3_600_000;
/** The page keeps one point of an hour for so long. */
const STEP_MS = 6000;
const LIVE_MS = 100;

/** Serves the page, and a stream of events that begins an hour ago. */
export class SyntheticHour implements AsyncDisposable {
  readonly url: string;
  readonly #server: Bun.Server<undefined>;

  private constructor(page: PageFiles, segments: number) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request, server) {
        server.timeout(request, 0);
        const { pathname } = new URL(request.url);
        if (pathname !== "/events") {
          return page.respond(pathname) ?? new Response("", { status: 404 });
        }
        const headers = { "content-type": "text/event-stream" };
        return new Response(streamOf(eventsOf(segments)), { headers });
      },
    });
    this.url = this.#server.url.href;
  }

  /** Starts it with so many segments. */
  static async start(segments: number): Promise<SyntheticHour> {
    return new SyntheticHour(await PageFiles.bundle(), segments);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

function streamOf(texts: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await texts.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await texts.return();
    },
  });
}

async function* eventsOf(segments: number): AsyncGenerator<string, void> {
  yield `event: hello\ndata: ${JSON.stringify(HELLO)}\n\n`;
  const startMs = Date.now();
  for (let atMs = startMs - HOUR_MS; atMs < startMs; atMs += STEP_MS) {
    yield frameText(frameAt(atMs, segments));
  }
  for (;;) {
    yield frameText(frameAt(Date.now(), segments));
    await Bun.sleep(LIVE_MS);
  }
}

function frameText(frame: Frame): string {
  return `event: frame\ndata: ${JSON.stringify(frame)}\n\n`;
}

const HELLO: Hello = {
  boot: "synthetic",
  version: "0",
  bun: Bun.version,
  pid: 1,
  started_at_ms: 0,
  interval_ms: LIVE_MS,
  command_name: "isthmus",
  directory: "an hour that never was",
  figures: {},
  token: "",
  demonstration: {
    phase: "stopped",
    channel: "demonstration",
    parameters: { records_per_second: 1000, size_bytes: 64, batch_records: 1 },
    producer: { pid: null, restarts_at_ms: null, summary: null },
    consumer: { pid: null, restarts_at_ms: null, summary: null },
    error: null,
  },
};

function frameAt(atMs: number, count: number): Frame {
  const segments = Array.from({ length: count }, (_, index) => segmentAt(atMs, index));
  const sum = (value: (segment: SegmentFrame) => number): number =>
    segments.reduce((total, segment) => total + value(segment), 0);
  const perSecond = sum(({ flow }) => flow?.records_per_second ?? 0);
  return {
    sampled_at_ms: atMs,
    segments,
    total: {
      records_per_second: perSecond,
      consumed_per_second: perSecond,
      bytes_per_second: perSecond * 64,
      drops_per_second: 0,
      drops: 0,
      lag: sum(({ flow }) => flow?.lag ?? 0),
      fill: Math.max(...segments.map(({ flow }) => flow?.fill ?? 0)),
      latency: segments[0]?.flow?.latency ?? null,
      acquisitions_per_second: 100 + 50 * wave(atMs, 7),
      contentions_per_second: 5 * wave(atMs, 11),
    },
    issues: [],
  };
}

function segmentAt(atMs: number, index: number): SegmentFrame {
  const height = wave(atMs, index + 1);
  const perSecond = 1000 + 500 * height;
  const flow = flowFrame({
    records_per_second: perSecond,
    consumed_per_second: perSecond,
    bytes_per_second: perSecond * 64,
    lag: Math.round(50 * height),
    fill: height / 2,
    has_latency: true,
    latency: {
      count: Math.round(perSecond),
      latency_ns_p50: 1000 + 1000 * height,
      latency_ns_p90: 10_000 + 5000 * height,
      latency_ns_p99: 1e5 + 1e6 * height,
      latency_ns_max: 1e6 + 1e7 * height,
    },
  });
  const base = { joined_at_ms: 0, records_per_second: perSecond };
  const participants = ["producer", "consumer"].map((role, slot) =>
    participantFrame({ ...base, role, slot, pid: 1000 + 2 * index + slot }),
  );
  return segmentFrame({ name: `channel-${index}`, participants, flow });
}

/** Between 0 and 1, up and down within minutes. */
function wave(atMs: number, seed: number): number {
  return (Math.sin(atMs / (9000 * (1 + seed / 7))) + 1) / 2;
}
