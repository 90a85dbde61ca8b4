/**
 * Requesters and one responder.
 *
 * @module
 */
import {
  type FieldType,
  f64,
  PeerDiedError,
  RemoteError,
  Requester,
  Responder,
  type StructSchema,
  struct,
} from "@isthmus/ipc";
import { EVENT, streamNumber } from "../evidence.ts";
import { judgeService } from "../judges/service.ts";
import type { Participant } from "../participant.ts";
import type { Scenario } from "../scenario.ts";

const NAME = "service";
type Name = "stream" | "sequence" | "answer";
type Note = StructSchema<Readonly<Record<Name, FieldType<number>>>>;
const NOTE: Note = struct({ stream: f64, sequence: f64, answer: f64 });
const OPTIONS = { request: NOTE, response: NOTE, maxRequesters: 30 } as const;

const ROUNDS_MAX = 200;
const AT_ONCE_MAX = 8;
/** The handler refuses one request in so many. */
const ONE_IN_REFUSED = 50;
/** How long the responder waits for requests before it looks whether it is to end, in milliseconds. */
const SERVE_MS = 100;

/** Two requesters, each with several requests at a time, and one responder. */
export const serviceScenario: Scenario = {
  name: NAME,
  roles: [
    { name: "requester", count: 2, rank: 0, needs: "responder", play: ask },
    { name: "responder", count: 1, rank: 1, play: answer },
  ],
  judge: judgeService,
};

async function ask(participant: Participant): Promise<void> {
  let stream = 0;
  let sequence = 0;
  const open = (joining: number): Requester<Note, Note> => {
    stream = streamNumber(participant.id, joining);
    sequence = 0;
    return Requester.createOrOpen(NAME, OPTIONS);
  };
  await participant.work(ROUNDS_MAX, open, async (requester) => {
    const count = 1 + participant.random.below(AT_ONCE_MAX);
    const numbers = Array.from({ length: count }, () => sequence++);
    const askAll = (): Promise<unknown> =>
      Promise.all(numbers.map((number) => askOne(participant, requester, stream, number)));
    await askAll();
    // The same numbers again: the responder is asked twice.
    if (participant.takeHarm("repeat")) await askAll();
  });
}

/** Asks, and checks that the answer is to this very request. */
async function askOne(
  participant: Participant,
  requester: Requester<Note, Note>,
  stream: number,
  sequence: number,
): Promise<void> {
  participant.note(EVENT.asked, sequence, stream);
  try {
    const reply = await requester.request({ stream, sequence, answer: 0 });
    const isRight =
      reply.stream === stream &&
      reply.sequence === sequence &&
      reply.answer === answerTo(stream, sequence);
    participant.note(
      isRight && !isRefused(sequence) ? EVENT.answered : EVENT.torn,
      sequence,
      stream,
    );
  } catch (error) {
    if (error instanceof PeerDiedError) participant.note(EVENT.refused, sequence, stream);
    else if (error instanceof RemoteError) {
      const isRight = isRefused(sequence) && error.message.includes(refusalOf(stream, sequence));
      participant.note(isRight ? EVENT.answered : EVENT.torn, sequence, stream);
    } else throw error;
  }
  participant.noteSuccess();
}

function answerTo(stream: number, sequence: number): number {
  return stream * 3 + sequence * 7;
}

function isRefused(sequence: number): boolean {
  return sequence % ONE_IN_REFUSED === ONE_IN_REFUSED - 1;
}

function refusalOf(stream: number, sequence: number): string {
  return `refused ${stream} ${sequence}`;
}

async function answer(participant: Participant): Promise<void> {
  const handle = (request: Readonly<Record<Name, number>>): Record<Name, number> => {
    const { stream, sequence } = request;
    participant.note(EVENT.delivered, sequence, stream);
    participant.dawdle();
    if (isRefused(sequence)) throw new Error(refusalOf(stream, sequence));
    const isTorn = participant.takeHarm("tear");
    return { stream, sequence, answer: answerTo(stream, sequence) + (isTorn ? 1 : 0) };
  };
  const open = (): Responder<Note, Note> => Responder.createOrOpen(NAME, OPTIONS);
  await participant.work(ROUNDS_MAX, open, async (responder) => {
    responder.poll(handle);
    participant.noteSuccess();
    if (participant.random.oneIn(2)) {
      await responder.serve(handle, { signal: AbortSignal.timeout(SERVE_MS) });
    }
    participant.note(EVENT.idle);
  });
}
