/**
 * What is done to a piece of a file, on any thread.
 *
 * The functions of {@link WORKS} are sent to Workers as text, so that they need no file of their own and start alike
 * from sources, from a bundle and from an executable. They must therefore use nothing but their argument and what every
 * thread has.
 *
 * @module
 */
import { type CopyBytes, copierOf } from "../kernel/copy-bytes.ts";
import { type NeedlePlan, needleFinder } from "../kernel/needle-finder.ts";
import { kernelWork, plainWork } from "./byte-work.ts";
import { columnWork, findWork, moduleWork } from "./line-work.ts";

/** One needle in a piece. */
export interface NeedleFound {
  readonly count: number;
  /** Where the first match begins, -1 without one. */
  readonly first: number;
  /** Where the first matches begin, in bytes from the map's offset 0. */
  readonly offsets: readonly number[];
  /** Where the last match ends; 0 without one. */
  readonly end: number;
}

/** A piece of text; all byte values are counted until the end. */
export interface TextFound {
  /** Counted where not all byte values are. */
  readonly lines: number;
  readonly words: number;
  readonly longestLineBytes: number;
}

/** How often each value was in a column, by the value's bytes as Latin-1 characters. */
export interface ColumnFound {
  readonly counts: Map<string, number>;
  /** Lines that have no such column. */
  readonly lacking: number;
}

/** What a scan looks for, as it is sent to Workers. */
export type Task =
  | { readonly kind: "count"; readonly needle: Uint8Array; readonly ignoreCase: boolean }
  | { readonly kind: "text"; readonly histogram: boolean }
  | { readonly kind: "histogram" }
  | {
      readonly kind: "find";
      readonly needles: readonly Uint8Array[];
      readonly ignoreCase: boolean;
      readonly limit: number;
    }
  | {
      readonly kind: "topValues";
      readonly column: number;
      readonly separator: number | undefined;
      readonly limit: number;
    }
  | { readonly kind: "all"; readonly tasks: readonly Task[] }
  | { readonly kind: "module"; readonly url: string; readonly options: unknown };

/** The kernels and where they keep what in their memory, in bytes; `undefined` where there is no SIMD. */
export interface KernelPlan {
  /** A `WebAssembly.Module`, which types of Node.js alone do not know. */
  readonly module: object;
  /** What is copied into the memory at a time. */
  readonly blockBytes: number;
  /** The 64 bytes that the kernels take in one step. */
  readonly stepBytes: number;
  /** Where the counters of pairs are. */
  readonly tableOffset: number;
  readonly stateOffset: number;
  readonly state: { readonly words: number; readonly column: number; readonly longest: number };
}

/** What {@link pieceWork} needs to know. */
export interface WorkPlan {
  readonly task: Task;
  /** Which of {@link WORKS} does it. */
  readonly work: Kind;
  /** The plans of the tasks, where there are several. */
  readonly parts?: readonly WorkPlan[];
  readonly kernels: KernelPlan | undefined;
  /** How needles are found, where they are. */
  readonly needles: NeedlePlan | undefined;
  /** `BYTE_CLASS` and its flags. */
  readonly classes: Uint8Array;
  readonly flags: {
    readonly word: number;
    readonly space: number;
    readonly wide: number;
    readonly jump: number;
  };
}

/** Does the task on one piece after the other. */
export interface PieceWork {
  /**
   * Looks at a piece.
   *
   * @param bytes The piece, and behind it what a match that begins in it may reach into.
   * @param length Bytes in the piece itself.
   * @param offset Where it begins, in bytes from the map's offset 0.
   * @param copy Copies of them; from their array unless given.
   * @returns What was found in it, or undefined where that is kept until {@link finish}.
   */
  run(bytes: Uint8Array, length: number, offset: number, copy?: CopyBytes): unknown;
  /** What was kept. */
  finish(): unknown;
}

type Kind = "kernel" | "plain" | "find" | "topValues" | "module" | "all";

/** How each kind of work is begun; given all of them, for one may consist of others. */
export type Works = Readonly<Record<Kind, (plan: WorkPlan, works: Works) => PieceWork>> & {
  readonly copier: typeof copierOf;
  readonly finder: typeof needleFinder;
  /** Gives one work kernels of its own, given their `WebAssembly.Module`. A Worker has kept them from scans before. */
  readonly start: StartKernels;
};

/** @returns What they export. */
export type StartKernels = (kind: "kernel" | "find", module: object) => object;

/** All kinds of work, by name. */
export const WORKS: Works = {
  kernel: kernelWork,
  plain: plainWork,
  find: findWork,
  topValues: columnWork,
  module: moduleWork,
  all: allWork,
  copier: copierOf,
  finder: needleFinder,
  start: (_kind, module) => new WebAssembly.Instance(module as WebAssembly.Module).exports,
};

/** Begins a task on this thread. */
export function beginWork(plan: WorkPlan): PieceWork {
  return WORKS[plan.work](plan, WORKS);
}

/** Does several tasks on each piece. */
function allWork({ parts = [] }: WorkPlan, works: Works): PieceWork {
  const begun = parts.map((part) => works[part.work](part, works));
  return {
    run: (bytes, length, offset, copy) =>
      Promise.all(begun.map((work) => work.run(bytes, length, offset, copy))),
    finish: () => begun.map((work) => work.finish()),
  };
}
