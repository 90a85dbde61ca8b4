/**
 * An execution as a short text, for a test to run again.
 *
 * One word per run of the same kind: `1*4` is four steps of actor 1, `1~2` a load that gives the second value back
 * from the newest, `0d1` the store at place 1 of what actor 0 has pending becoming visible, `0!` the death of actor 0.
 *
 * @module
 */
import type { Transition } from "./machine.ts";

const WORD = /^(\d+)(?:~(\d+)|d(\d+)|(!))?(?:\*(\d+))?$/;

/** Writes an execution down. */
export function toReplay(path: readonly Transition[]): string {
  const words: string[] = [];
  for (let i = 0; i < path.length; ) {
    const word = wordOf(path[i] as Transition);
    let count = 1;
    while (i + count < path.length && wordOf(path[i + count] as Transition) === word) count++;
    words.push(count === 1 ? word : `${word}*${count}`);
    i += count;
  }
  return words.join(" ");
}

/** Reads an execution. */
export function fromReplay(text: string): Transition[] {
  return text.split(/\s+/).filter(Boolean).flatMap(transitionsOf);
}

function wordOf({ actor, kind, choice }: Transition): string {
  if (kind === "crash") return `${actor}!`;
  if (kind === "drain") return `${actor}d${choice}`;
  return choice === 0 ? `${actor}` : `${actor}~${choice}`;
}

function transitionsOf(word: string): Transition[] {
  const [whole, actor, early, drained, death, count = "1"] = WORD.exec(word) ?? [];
  if (whole === undefined) throw new Error(`"${word}" is no step of an execution`);
  const kind = death !== undefined ? "crash" : drained !== undefined ? "drain" : "step";
  const choice = Number(early ?? drained ?? 0);
  return Array.from({ length: Number(count) }, () => ({ actor: Number(actor), kind, choice }));
}
