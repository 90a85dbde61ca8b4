/**
 * Looks at pictures: `viewer.ts memory|socket WIDTH HEIGHT FPS FRAMES [SOCKET]`. Says when it is ready, and at the end
 * what it has seen.
 *
 * @module
 */
import { Subscriber } from "@isthmus/ipc";
import { endOfParent, say } from "../shared/processes.ts";
import { frameBytes, look, type Seen } from "./frame.ts";
import { TOPIC, topicOptions } from "./topic.ts";

/** What a viewer has seen. */
export interface Viewing {
  readonly cpuMs: number;
  readonly ages: readonly number[];
  /** Pictures that are not whole, or came out of their order: there must be none. */
  readonly broken: number;
}

const [way, ...rest] = process.argv.slice(2);
const [width = 0, height = 0, , frames = 0] = rest.map(Number);
const length = frameBytes(width, height);
const end = endOfParent();
const ages: number[] = [];
let broken = 0;
let last = -1;

function note({ number, ageMs, isWhole }: Seen): void {
  if (!isWhole || number <= last) broken += 1;
  last = number;
  ages.push(ageMs);
}

/** Sleeps until there is a picture, and looks at it where the camera has made it. */
async function overMemory(): Promise<void> {
  using subscriber = Subscriber.createOrOpen(TOPIC, topicOptions(length));
  say("ready");
  while (last < frames - 1) {
    await subscriber.pollAsync((frame) => note(look(frame)), { signal: end });
  }
}

/** Puts the pieces of a picture together as they come. */
async function overSocket(): Promise<void> {
  const frame = new Uint8Array(length);
  const done = Promise.withResolvers<void>();
  let filled = 0;
  using _server = Bun.listen({
    unix: rest[4] ?? "",
    socket: {
      data: (_socket, piece) => {
        for (let from = 0; from < piece.length; ) {
          const part = piece.subarray(from, from + length - filled);
          frame.set(part, filled);
          filled = (filled + part.length) % length;
          from += part.length;
          if (filled === 0) note(look(frame));
        }
        if (last === frames - 1) done.resolve();
      },
    },
  });
  say("ready");
  end.addEventListener("abort", () => done.reject(end.reason));
  await done.promise;
}

const before = process.cpuUsage();
try {
  await (way === "memory" ? overMemory() : overSocket());
  const { user, system } = process.cpuUsage(before);
  say({ cpuMs: (user + system) / 1000, ages, broken } satisfies Viewing);
} catch (error) {
  if (error !== end.reason) throw error;
}
