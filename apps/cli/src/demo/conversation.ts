/**
 * Two processes that ask and answer, over one channel each way.
 *
 * @module
 */
import { Consumer, Producer, type StructSchema, struct, u32 } from "@isthmus/ipc";
import { PATIENCE_MS } from "./patience.ts";

/** How long a conversation may take. */
export interface ConversationLimits {
  /** At most so many questions are counted. */
  readonly rounds: number;
  /** After so much time no further question is asked. */
  readonly durationMs: number;
}

const Word: StructSchema<{ readonly number: typeof u32 }> = struct({ number: u32 });
/** What ends the conversation. */
const GOODBYE = 0;
const PATIENCE = { timeoutMs: PATIENCE_MS } as const;

/**
 * Asks: sends a number and waits until it comes back.
 *
 * @param name What the channels' names begin with.
 * @param limits When to stop.
 * @returns How long each round took in milliseconds, without the first, which waits for the other process to start.
 * @throws {TimeoutError} when the other side does not answer for a long time.
 */
export function ask(name: string, { rounds, durationMs }: ConversationLimits): number[] {
  using questions = Producer.createOrOpen(`${name}-questions`, { schema: Word });
  using answers = Consumer.createOrOpen(`${name}-answers`, { schema: Word });
  const times: number[] = [];
  const playRound = (number: number): void => {
    questions.send({ number });
    const answer = answers.receive(PATIENCE).number;
    if (answer !== number) throw new Error(`The answer to ${number} was ${answer}`);
  };
  playRound(1);
  const endMs = performance.now() + durationMs;
  for (let number = 2; times.length < rounds; number += 1) {
    const startMs = performance.now();
    if (startMs > endMs) break;
    playRound(number);
    times.push(performance.now() - startMs);
  }
  questions.send({ number: GOODBYE });
  questions.flush();
  return times;
}

/**
 * Answers with the number it was asked, until the other side has had enough.
 *
 * @param name What the channels' names begin with.
 * @throws {TimeoutError} when the other side does not ask for a long time.
 */
export function answer(name: string): void {
  using questions = Consumer.createOrOpen(`${name}-questions`, { schema: Word });
  using answers = Producer.createOrOpen(`${name}-answers`, { schema: Word });
  for (;;) {
    const { number } = questions.receive(PATIENCE);
    if (number === GOODBYE) return;
    answers.send({ number });
  }
}
