/** Seeded bugs of sending: of the window, of fencing, and of where a lane goes on. */
import type { Mistake } from "../../../ipc/test/model/checker/source.ts";

/** A bug, and the faults by which it shows. */
export interface SeededBug {
  readonly mistake: Mistake;
  readonly plan: string;
}

const bugIn =
  (file: string) =>
  (plan: string, from: string, to: string): SeededBug => ({
    mistake: { file: `../../bridge/src/out/${file}`, from, to },
    plan,
  });

const inOutbound = bugIn("outbound.ts");
const inDelivery = bugIn("delivery.ts");
const inLaneFlow = bugIn("lane-flow.ts");
const inResume = bugIn("resume.ts");

/** Bugs by what is wrong. */
export const SEEDED: Readonly<Record<string, SeededBug>> = {
  "not counting what is under way": inOutbound(
    "nothing goes wrong",
    "this.#underWay >= window || this.#room.isFull",
    "this.#room.isFull",
  ),
  "waiting for what was under way when the connection was lost": inOutbound(
    "links are cut",
    "      this.#lose();\n",
    "",
  ),
  "counting what was given up as under way": inLaneFlow(
    "links are cut",
    "    this.inFlight = undefined;\n",
    "",
  ),
  "releasing what was sent": inDelivery(
    "nothing goes wrong",
    "    flow.sentTo = batch.to;\n",
    "    flow.sentTo = batch.to;\n    flow.source.release(batch.to);\n",
  ),
  "not waiting for the number of the message before": inOutbound(
    "nothing goes wrong",
    "if (flow.inFlight !== undefined || flow.syncing",
    "if (flow.syncing",
  ),
  "going on behind what was sent": inDelivery(
    "links are cut",
    "const at = source.goTo(reached);",
    "const at = source.goTo(Math.max(reached, flow.sentTo));",
  ),
  "taking over from one that has the lane": inDelivery(
    "two run by mistake",
    "if (flow.isOwn && isOthers) throw",
    "if (false) throw",
  ),
  "being fenced by oneself": inDelivery(
    "links are cut",
    "isNews && last.bridge !== bridge",
    "isNews",
  ),
  "being fenced by what a dead bridge had on its way": inDelivery(
    "bridges are killed",
    "flow.isOwn ||= flow.isAdopted && isOthers;",
    "flow.isOwn = true;",
  ),
  "being fenced by what is older than what the server has lost": inDelivery(
    "the server forgets its end",
    "isNews && last.bridge !== bridge",
    "last !== undefined && last.bridge !== bridge",
  ),
  "not saying which message is the one before": inDelivery(
    "bridges are killed",
    "expect: { streamName: stream, lastSubjectSequence }",
    "expect: { streamName: stream }",
  ),
  "believing that a lane is where it was": inResume(
    "the server forgets its end",
    "last === undefined && known !== undefined && known.sequence >= firstSequence",
    "false",
  ),
  "going on at the last acknowledgement, whatever the server has": inResume(
    "bridges are killed",
    "const reached = last?.to ?? ",
    "const reached = known?.position ?? last?.to ?? ",
  ),
};
