/**
 * An execution as a table for people.
 *
 * @module
 */
import type { Machine, Outcome, Transition } from "./machine.ts";
import type { Operation, Value } from "./operation.ts";
import type { ActorState, Pending, State } from "./state.ts";

const HEADINGS = ["step", "actor", "operation", "word", "value", "before"] as const;

/** A line but for its number. */
interface Row {
  readonly operation: string;
  readonly word?: string;
  readonly value?: Value;
  readonly before?: number | undefined;
}

/**
 * Draws an execution: one line per step, with the value that a step wrote or read and, where it wrote, what had been
 * there before.
 */
export function drawTrace(machine: Machine, path: readonly Transition[]): string {
  const rows: string[][] = [[...HEADINGS]];
  let state = machine.start();
  for (const [i, transition] of path.entries()) {
    const name = state.actors[transition.actor]?.node?.spec.name ?? "";
    const [row, next] = take(machine, state, transition);
    const { operation, word = "", value = "", before = "" } = row;
    rows.push([`${i + 1}`, name, operation, word, `${value}`, `${before}`]);
    state = next;
  }
  return table(rows);
}

function take(machine: Machine, state: State, transition: Transition): [Row, State] {
  const { kind, choice } = transition;
  const { node, pending } = state.actors[transition.actor] as ActorState;
  const nameOf = (index: number): string => machine.model.nameOf?.(index) ?? `${index}`;
  let outcome: Outcome;
  try {
    outcome = machine.apply(state, transition);
  } catch (error) {
    return [{ operation: (error as Error).message }, state];
  }
  if (kind === "crash") return [{ operation: "dies" }, outcome.state];
  if (kind === "drain") {
    const { index, value } = pending[choice] as Pending;
    const before = state.memory.words[index];
    return [{ operation: "… becomes visible", word: nameOf(index), value, before }, outcome.state];
  }
  const operation = node?.operation as Operation;
  const row = rowOf(operation, outcome, state, nameOf);
  const isDelayed = (outcome.state.actors[transition.actor]?.pending.length ?? 0) > pending.length;
  const how = choice > 0 ? ", satisfied early" : isDelayed ? ", delayed" : "";
  return [{ ...row, operation: row.operation + how }, outcome.state];
}

function rowOf(
  { kind, index, value, expected, call }: Operation,
  { result, state: after }: Outcome,
  { memory }: State,
  nameOf: (index: number) => string,
): Row {
  const before = memory.words[index];
  const word = nameOf(index);
  switch (kind) {
    case "load":
    case "get":
    case "glance":
    case "lookAt":
      return { operation: kind, word, value: result };
    case "fence":
      return { operation: kind };
    case "call":
      return { operation: call?.label ?? kind, value: result };
    case "store":
    case "set":
    case "put":
      return { operation: kind, word, value, before };
    case "compareExchange": {
      const isDone = result === expected;
      const operation = `${kind} ${expected}→${value}${isDone ? "" : ": no"}`;
      return { operation, word, value: isDone ? value : result, before };
    }
    default:
      return { operation: `${kind} ${value}`, word, value: after.memory.words[index], before };
  }
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const isNumber = (column: number): boolean => column === 0 || column > 3;
  const aligned = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => row.map(aligned).join("  ").trimEnd()).join("\n");
}
