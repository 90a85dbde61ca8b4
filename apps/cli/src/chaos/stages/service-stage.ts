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
import { EVENT } from "../event.ts";
import { judgeService } from "../judges/judge-service.ts";
import type { Stage } from "../stage.ts";
import type { Stand } from "../stand.ts";
import { streamNumber } from "../stream-number.ts";

const NAME = "service";
type Name = "stream" | "sequence" | "answer";
type Note = StructSchema<Readonly<Record<Name, FieldType<number>>>>;
const NOTE: Note = struct({ stream: f64, sequence: f64, answer: f64 });
const OPTIONS = { request: NOTE, response: NOTE, maxRequesters: 30 } as const;

const ROUNDS_MAX = 200;
const AT_ONCE_MAX = 8;
/** One request in so many is refused by its handler. */
const ONE_IN_REFUSED = 50;
/** How long the responder waits for requests before it sees whether it is over, in milliseconds. */
const SERVE_MS = 100;

/** Two who ask, several requests at a time, and one who answers. */
export const serviceStage: Stage = {
  name: NAME,
  parts: [
    { role: "requester", count: 2, rank: 0, play: ask },
    { role: "responder", count: 1, rank: 1, play: answer },
  ],
  judge: judgeService,
};

async function ask(stand: Stand): Promise<void> {
  for (let joining = 0; !stand.isOver; joining++) {
    {
      using requester = Requester.createOrOpen(NAME, OPTIONS);
      const stream = streamNumber(stand.id, joining);
      stand.note(EVENT.ready);
      let sequence = 0;
      for (let rounds = 1 + stand.random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        const count = 1 + stand.random.below(AT_ONCE_MAX);
        const first = sequence;
        sequence += count;
        const askAll = (): Promise<unknown> =>
          Promise.all(
            Array.from({ length: count }, (_, one) =>
              askOne(stand, requester, stream, first + one),
            ),
          );
        await askAll();
        // The same numbers again: for whoever handles them, requests that came twice.
        if (stand.takeSabotage("repeat")) await askAll();
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

/** Asks and sees that the answer is to this very question. */
async function askOne(
  stand: Stand,
  requester: Requester<Note, Note>,
  stream: number,
  sequence: number,
): Promise<void> {
  stand.note(EVENT.asked, sequence, stream);
  try {
    const reply = await requester.request({ stream, sequence, answer: 0 });
    const isRight =
      reply.stream === stream &&
      reply.sequence === sequence &&
      reply.answer === answerTo(stream, sequence);
    stand.note(isRight && !isRefused(sequence) ? EVENT.answered : EVENT.torn, sequence, stream);
  } catch (error) {
    if (error instanceof PeerDiedError) stand.note(EVENT.refused, sequence, stream);
    else if (error instanceof RemoteError) {
      const isRight = isRefused(sequence) && error.message.includes(refusalOf(stream, sequence));
      stand.note(isRight ? EVENT.answered : EVENT.torn, sequence, stream);
    } else throw error;
  }
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

async function answer(stand: Stand): Promise<void> {
  const handle = (request: Readonly<Record<Name, number>>): Record<Name, number> => {
    const { stream, sequence } = request;
    stand.note(EVENT.delivered, sequence, stream);
    stand.dawdle();
    if (isRefused(sequence)) throw new Error(refusalOf(stream, sequence));
    const isTorn = stand.takeSabotage("tear");
    return { stream, sequence, answer: answerTo(stream, sequence) + (isTorn ? 1 : 0) };
  };
  while (!stand.isOver) {
    {
      using responder = Responder.createOrOpen(NAME, OPTIONS);
      stand.note(EVENT.ready);
      for (let rounds = 1 + stand.random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        if (stand.random.oneIn(2)) responder.poll(handle);
        else await responder.serve(handle, { signal: AbortSignal.timeout(SERVE_MS) });
        stand.note(EVENT.idle);
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}
