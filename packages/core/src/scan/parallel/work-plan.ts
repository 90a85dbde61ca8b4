/**
 * What every thread of a scan needs to know, with the kernels compiled once for all of them.
 *
 * @module
 */
import { BYTE_CLASS, JUMP, SPACE, WIDE, WORD } from "../kernel/byte-classes.ts";
import { COUNT_KERNEL } from "../kernel/count-kernel.ts";
import {
  HISTOGRAM_KERNEL,
  PAIR_TABLE_BYTES,
  PAIR_TABLE_OFFSET,
} from "../kernel/histogram-kernel.ts";
import { type NeedlePlan, needlePlan } from "../kernel/needle-finder.ts";
import { TEXT_KERNEL, TEXT_STATE, TEXT_STEP_BYTES } from "../kernel/text-kernel.ts";
import { assemble } from "../kernel/wasm.ts";
import type { KernelPlan, Task, WorkPlan } from "./piece-work.ts";

const STATE_OFFSET: number = PAIR_TABLE_OFFSET + PAIR_TABLE_BYTES;
const MEMORY_BYTES: number = STATE_OFFSET + 64;

/** `null` where the engine or the CPU has no SIMD. */
let compiled: KernelPlan | null | undefined;

/** Plans a task. */
export function workPlan(task: Task): WorkPlan {
  compiled ??= compile();
  return {
    task,
    work: workOf(task),
    kernels: compiled ?? undefined,
    needles: needlesOf(task),
    classes: BYTE_CLASS,
    parts: task.kind === "all" ? task.tasks.map(workPlan) : [],
    flags: { word: WORD, space: SPACE, wide: WIDE, jump: JUMP },
  };
}

function needlesOf(task: Task): NeedlePlan | undefined {
  if (task.kind !== "find" && task.kind !== "count") return undefined;
  const needles = task.kind === "find" ? task.needles : [task.needle];
  const { ignoreCase } = task;
  return needlePlan(needles, { ignoreCase, seeksAll: true, totalBytes: Infinity });
}

function workOf(task: Task): WorkPlan["work"] {
  if (task.kind === "count" && (task.needle.length > 1 || task.ignoreCase)) return "find";
  if (task.kind === "count" || task.kind === "text" || task.kind === "histogram") {
    return compiled === null ? "plain" : "kernel";
  }
  return task.kind;
}

function compile(): KernelPlan | null {
  const code = assemble(MEMORY_BYTES, [COUNT_KERNEL, TEXT_KERNEL, HISTOGRAM_KERNEL]);
  if (!WebAssembly.validate(code)) return null;
  return {
    module: new WebAssembly.Module(code),
    blockBytes: PAIR_TABLE_OFFSET,
    stepBytes: TEXT_STEP_BYTES,
    tableOffset: PAIR_TABLE_OFFSET,
    stateOffset: STATE_OFFSET,
    state: TEXT_STATE,
  };
}
