/**
 * The other side of a round trip between two sleeping event loops; started by `ipc.ts`.
 *
 * Arguments: `fifo <ping> <pong>` answers bytes on two named pipes, `event <name>` answers two named events.
 *
 * @module
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { NamedEvent } from "@isthmus/ipc";

const BYTE = new Uint8Array(1);

async function answerFifo(ping: string, pong: string): Promise<void> {
  const inbox = openSync(ping, constants.O_RDWR | constants.O_NONBLOCK);
  const outbox = openSync(pong, constants.O_WRONLY | constants.O_NONBLOCK);
  process.stdout.write("ready\n");
  for await (const chunk of Bun.file(inbox).stream()) {
    if (chunk.includes(1)) break;
    writeSync(outbox, BYTE);
  }
  closeSync(outbox);
  process.exit();
}

async function answerEvent(name: string): Promise<void> {
  using ping = NamedEvent.openExisting(`${name}-ping`);
  using pong = NamedEvent.openExisting(`${name}-pong`);
  using stop = NamedEvent.openExisting(`${name}-stop`);
  process.stdout.write("ready\n");
  for (;;) {
    await ping.waitAsync();
    if (stop.isSet) break;
    pong.set();
  }
}

const [kind, first = "", second = ""] = process.argv.slice(2);
await (kind === "fifo" ? answerFifo(first, second) : answerEvent(first));
