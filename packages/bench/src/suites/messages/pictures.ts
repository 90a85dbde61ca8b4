/**
 * Pictures of 1920 x 1080 pixels, 60 a second, with the reader asleep between them: the CPU time that the reader takes for
 * one. It looks at both ends of each: what one does with the rest costs the same whoever brought it.
 *
 * @module
 */
import { bytes, Consumer } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { checkEnds } from "./frames.ts";
import { startParticipant } from "./start-participant.ts";
import { PICTURE_BYTES, PICTURES_BYTES, PICTURES_PER_SECOND } from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };
/** 0.25 s for 300 pictures. */
const LIMIT_NS = 0.25e9 / 300;

type Reader = Consumer<typeof bytes>;

/** Takes what there is, once there is something; gives the number of pictures. */
type Take = (consumer: Reader, look: (picture: Uint8Array) => void) => Promise<number>;

/** In place, and in copies. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  inPlace: (context) => show(context, (consumer, look) => consumer.pollAsync(look, PATIENCE)),
  latest: (context) =>
    show(context, (consumer, look) => consumer.pollAsync(look, { ...PATIENCE, latest: true })),
  copied: (context) =>
    show(context, async (consumer, look) => {
      look(await consumer.receiveAsync(PATIENCE));
      return 1;
    }),
  limit: () => ({ value: LIMIT_NS }),
};

async function show({ sizes }: CaseContext, take: Take): Promise<Figure> {
  const name = `pictures-${process.pid}`;
  const seconds = (sizes.latencyMs * 2.5) / 1000;
  const count = Math.max(2, Math.round(PICTURES_PER_SECOND * seconds));
  using consumer = Consumer.createNew(name, { schema: bytes, capacityBytes: PICTURES_BYTES });
  const participant = startParticipant("paint", [name, count]);
  let last = -1;
  const look = ({ buffer, byteOffset, byteLength }: Uint8Array): void => {
    const floats = new Float64Array(buffer, byteOffset, byteLength / 8);
    const number = floats[0] as number;
    if (number <= last) throw new Error(`picture ${number} came after ${last}`);
    checkEnds(floats, 0, PICTURE_BYTES / 8, number);
    last = number;
  };
  let seen = await take(consumer, look);
  const [first, begun] = [seen, process.cpuUsage()];
  while (last < count - 1) seen += await take(consumer, look);
  const { user, system } = process.cpuUsage(begun);
  await participant.exited;
  const passed = seen + consumer.metrics.skipped;
  if (passed !== count) throw new Error(`${passed} pictures came instead of ${count}`);
  return { value: ((user + system) * 1000) / (count - first) };
}
