/**
 * The processes of the communication steps. Started as `messenger.ts ROLE NAME COUNT`; what it
 * found is one line of JSON on stdout.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { fillMessage, isMessageIntact, MESSAGE_BYTES } from "../message.ts";
import { MessageRing } from "../message-ring.ts";
import { playPing, playPong } from "../ping-pong.ts";

type Role = (name: string, count: number) => void;

/** How many messages a consumer takes before it says that their slots are free. */
const POLL_LIMIT = 256;
/** What a pipe of Linux holds; a reader that takes more at once gains nothing. */
const PIPE_BYTES = 65_536;
/** Where two processes share one processor a round is a thousand times as long. */
const PING_PONG_MS = 1000;

const ROLES: Readonly<Record<string, Role>> = {
  "ring-producer": (name, count) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    const ring = new MessageRing(view);
    ring.send(count);
    ring.close();
  },
  "ring-consumer": (name) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    const ring = new MessageRing(view);
    ring.waitForMessage();
    const startMs = performance.now();
    while (ring.waitForMessage()) ring.poll(POLL_LIMIT);
    say({ ...ring.received, elapsedMs: performance.now() - startMs });
  },
  "pipe-producer": (path, count) => {
    const bytes = new Uint8Array(MESSAGE_BYTES);
    const words = new Int32Array(bytes.buffer);
    const floats = new Float64Array(bytes.buffer);
    const fd = openSync(path, "w");
    for (let sequence = 0; sequence < count; sequence += 1) {
      fillMessage(words, floats, 0, sequence);
      writeSync(fd, bytes);
    }
    closeSync(fd);
  },
  "pipe-consumer": (path) => consumePipe(path),
  ping: (name, count) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    const limits = { rounds: count, durationMs: PING_PONG_MS };
    const times = Float64Array.from(playPing(view, limits)).sort();
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
    say({ rounds: times.length, medianMs: at(0.5), p99Ms: at(0.99) });
  },
  pong: (name) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    playPong(view);
  },
};

function consumePipe(path: string): void {
  const bytes = new Uint8Array(PIPE_BYTES);
  const words = new Int32Array(bytes.buffer);
  const fd = openSync(path, "r");
  let filled = 0;
  let messages = 0;
  let lost = 0;
  let corrupt = 0;
  let startMs = 0;
  for (;;) {
    const got = readSync(fd, bytes, filled, PIPE_BYTES - filled, null);
    if (got === 0) break;
    startMs ||= performance.now();
    filled += got;
    const whole = filled - (filled % MESSAGE_BYTES);
    for (let offset = 0; offset < whole; offset += MESSAGE_BYTES) {
      if (words[offset / 4] !== messages) lost += 1;
      if (!isMessageIntact(words, offset / 4)) corrupt += 1;
      messages += 1;
    }
    bytes.copyWithin(0, whole, filled);
    filled -= whole;
  }
  closeSync(fd);
  say({ messages, lost, corrupt, elapsedMs: performance.now() - startMs });
}

function say(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

const [role = "", name = "", count = "0"] = process.argv.slice(2);
const play = ROLES[role];
if (play === undefined) throw new Error(`Unknown role "${role}"`);
play(name, Number(count));
