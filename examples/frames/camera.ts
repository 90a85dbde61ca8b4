/**
 * Makes pictures and hands them on: `camera.ts memory|socket WIDTH HEIGHT FPS FRAMES [SOCKET]`.
 *
 * @module
 */
import { Publisher } from "@isthmus/ipc";
import { endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { frameBytes, paint } from "./frame.ts";
import { TOPIC, topicOptions } from "./topic.ts";

/** What it cost to hand on. */
export interface Shot {
  /** The time that the processor worked for this process meanwhile. */
  readonly cpuMs: number;
  /** Pictures that were given up because the viewer was too far behind. */
  readonly dropped: number;
}

type HandOn = (number: number) => boolean | Promise<boolean>;

const [way, ...rest] = process.argv.slice(2);
const [width = 0, height = 0, fps = 0, frames = 0] = rest.map(Number);
const length = frameBytes(width, height);
// Whoever waits for room in a socket that nobody reads any more would wait for ever.
endOfParent().addEventListener("abort", () => process.exit());

/** Every picture is made where the viewer will look at it. */
function overMemory(): HandOn {
  const publisher = Publisher.openExisting(TOPIC, { ...topicOptions(length), onFull: "fail" });
  return (number) => {
    try {
      publisher.claim(length, (frame) => paint(frame, number));
      publisher.flush();
      return true;
    } catch (error) {
      // Rather no picture than an old one.
      if ((error as { readonly code?: string }).code === "EAGAIN") return false;
      throw error;
    }
  };
}

/** Every picture is made here, then copied into the kernel, and out of it. */
async function overSocket(): Promise<HandOn> {
  const frame = new Uint8Array(length);
  let drained = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: rest[4] ?? "",
    socket: { data: () => undefined, drain: () => drained.resolve() },
  });
  return async (number) => {
    paint(frame, number);
    for (let sent = 0; sent < length; ) {
      drained = Promise.withResolvers();
      sent += socket.write(frame, sent, length - sent);
      if (sent < length) await drained.promise;
    }
    return true;
  };
}

const handOn = way === "memory" ? overMemory() : await overSocket();
const before = process.cpuUsage();
let dropped = 0;
const startMs = nowMs();
for (let number = 0; number < frames; number++) {
  const waitMs = startMs + (number * 1000) / fps - nowMs();
  if (waitMs > 0) await Bun.sleep(waitMs);
  let isTaken = await handOn(number);
  // By the last one the viewer knows that there are no more.
  while (!isTaken && number === frames - 1) {
    await Bun.sleep(1);
    isTaken = await handOn(number);
  }
  if (!isTaken) dropped += 1;
}
const { user, system } = process.cpuUsage(before);
say({ cpuMs: (user + system) / 1000, dropped } satisfies Shot);
