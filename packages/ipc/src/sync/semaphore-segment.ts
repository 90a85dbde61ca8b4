/**
 * What the segment of a semaphore holds, and what its creator says of it.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  type NamedFile,
  type OptionNames,
  SECTION,
} from "@isthmus/core/internal";
import { SLOT_BYTES } from "../segment/participant-layout.ts";
import { type ParticipantsOptions, sharedPlaces } from "../segment/participants-option.ts";
import type { SegmentMemory } from "../segment/segment.ts";
import type { PlacesSpec } from "../segment/segment-spec.ts";
import { initMutex, initOwnerWord } from "./segment-mutex.ts";
import { PERMITS_MAX, RETURN_ON_DEATH, SEMAPHORE, semaphoreBytes } from "./semaphore-layout.ts";

/** What a new semaphore is like. Whoever opens one that exists gets it as it is; these are checked and ignored. */
export interface SemaphoreOptions extends ParticipantsOptions {
  /** Permits that can be taken at first. Default 0. */
  readonly initial?: number | undefined;
  /** The most permits there can be. Default 2147483647. */
  readonly max?: number | undefined;
  /** Whether the permits of a holder that dies or is disposed come back. Default false, as in .NET. */
  readonly returnOnDeath?: boolean | undefined;
}

const SEMAPHORE_OPTIONS: OptionNames<SemaphoreOptions> = {
  initial: true,
  max: true,
  returnOnDeath: true,
  maxParticipants: true,
};

/** Checks what a creator says; what is left out is assumed. */
export function checkSemaphore(options: SemaphoreOptions | undefined): {
  initial: number;
  max: number;
  returnOnDeath: boolean;
  places: PlacesSpec;
} {
  const checked = checkOptions("options", options, SEMAPHORE_OPTIONS);
  const { initial = 0, max = PERMITS_MAX, returnOnDeath = false } = checked;
  checkInteger("options.max", max, 1, PERMITS_MAX);
  checkInteger("options.initial", initial, 0, max);
  checkBoolean("options.returnOnDeath", returnOnDeath);
  return { initial, max, returnOnDeath, places: sharedPlaces(checked) };
}

/** Refuses a section without room for what each participant holds. */
export function checkLength(memory: SegmentMemory, { name }: NamedFile): void {
  const slotCount = Math.floor(memory.section(SECTION.participants).length / SLOT_BYTES);
  const { length } = memory.section(SECTION.state);
  const expected = semaphoreBytes(slotCount);
  if (length >= expected) return;
  throw new CorruptSegmentError(
    `Cannot open "${name}": its section ${SECTION.state} must have ${expected} bytes: found ${length}`,
  );
}

/** Writes down what the creator said. */
export function initSemaphore(
  memory: SegmentMemory,
  initial: number,
  max: number,
  returnOnDeath: boolean,
): void {
  const { words } = memory;
  const base = memory.wordOf(SECTION.state);
  // Without permits that come back nobody ever locks it: it need not keep processes on other C libraries out.
  if (returnOnDeath) initMutex(memory);
  else initOwnerWord(memory);
  words.set(base + SEMAPHORE.max, max);
  words.set(base + SEMAPHORE.flags, returnOnDeath ? RETURN_ON_DEATH : 0);
  words.set(base + SEMAPHORE.count, initial);
}

/** Says that a semaphore cannot have such a limit. */
export function corruptMax(name: string, max: number): CorruptSegmentError {
  return new CorruptSegmentError(`Cannot open "${name}": its max must be >= 1: found ${max}`);
}
