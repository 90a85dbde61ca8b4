/**
 * The program of every participant: plays one role until it is asked to end. Started by the driver, with its order
 * as JSON in the only argument.
 *
 * @module
 */
import { dirname } from "node:path";
import { SystemError } from "@isthmus/core";
import { ControlBlock } from "./control-block.ts";
import { EVENT } from "./event.ts";
import { EventWriter } from "./event-writer.ts";
import { EXIT_NO_ROOM, type Order } from "./order.ts";
import { stageNamed } from "./stages.ts";
import { Stand } from "./stand.ts";

const order = JSON.parse(process.argv[2] ?? "null") as Order | null;
if (order === null) throw new Error("A participant is started by isthmus chaos, with its order");
const { id, seed, controlPath, logPath, sabotage } = order;
const stage = stageNamed(order.stage);
const part = stage?.parts.find(({ role }) => role === order.role);
if (part === undefined) throw new Error(`There is no ${order.role} of ${order.stage}`);
const control = new ControlBlock(controlPath);
const evidencePath = dirname(controlPath);
const writer = new EventWriter(logPath, () => control.ticket());
const stand = new Stand({ id, seed, evidencePath, control, writer, sabotage });
try {
  await part.play(stand).catch((error: unknown) => {
    // Told that what it holds has been deleted, it has nothing left to do: who comes later begins anew.
    if (!(error instanceof SystemError && error.code === "ESTALE")) throw error;
    return stand.idle();
  });
  stand.checkLeaks();
} catch (error) {
  if (!(error instanceof SystemError && error.code === "ENOSPC")) throw error;
  // Whoever opens or creates is told so while the file system is full, and may come again.
  stand.note(EVENT.noRoom);
  process.exitCode = EXIT_NO_ROOM;
}
