/**
 * The program of every participant: plays one role until it is told to end. Its only argument is its order, as JSON.
 *
 * @module
 */
import { dirname } from "node:path";
import { SystemError } from "@isthmus/core";
import { ControlBlock, EXIT_NO_ROOM, type Order } from "./control.ts";
import { EVENT, EventWriter } from "./evidence.ts";
import { Participant } from "./participant.ts";
import { ParticipantWaits } from "./participant-waits.ts";
import { scenarioNamed } from "./scenarios/scenarios.ts";

const order = JSON.parse(process.argv[2] ?? "null") as Order | null;
if (order === null) throw new Error("A participant is started by isthmus chaos, with its order");
const { id, seed, controlPath, logPath, harm } = order;
const role = scenarioNamed(order.scenario)?.roles.find(({ name }) => name === order.role);
if (role === undefined) throw new Error(`There is no ${order.role} of ${order.scenario}`);
const control = new ControlBlock(controlPath);
const evidencePath = dirname(controlPath);
const writer = new EventWriter(logPath, () => control.ticket());
const waits = new ParticipantWaits();
const options = { id, seed, evidencePath, control, writer, waits, harm };
const participant = new Participant(options);
participant.noteWaits(EVENT.started);
try {
  await role.play(participant).catch((error: unknown) => {
    // Its segment has been deleted: it has nothing left to do, and whoever comes later begins anew.
    if (!(error instanceof SystemError && error.code === "ESTALE")) throw error;
    return participant.idle();
  });
  participant.checkLeaks();
} catch (error) {
  if (!(error instanceof SystemError && error.code === "ENOSPC")) throw error;
  // While the file system is full, whoever opens or creates is told so, and may come again.
  participant.note(EVENT.noRoom);
  process.exitCode = EXIT_NO_ROOM;
}
