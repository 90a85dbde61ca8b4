/**
 * What a slot of the participants section says of whoever has it.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { PARTICIPANT_NAME_BYTES_MAX, ROLES, type Role, SLOT } from "./participant-layout.ts";

/** Who joins. */
export interface Joining {
  readonly role: Role;
  readonly pid: number;
  readonly startTicks: number;
  /** Number of the doorbell, below 2^53; 0 for none. */
  readonly bell: number;
  readonly joinedAtMs: number;
  readonly name: string;
}

/** A participant as others see it. Everything but `isAlive` is what the participant wrote. */
export interface Participant {
  readonly slot: number;
  readonly role: Role | "unknown";
  readonly pid: number;
  readonly generation: number;
  readonly startTicks: number;
  readonly bell: number;
  readonly joinedAtMs: number;
  readonly name: string;
  readonly isAlive: boolean;
}

/** What tells one participant from all that have ever had a slot. */
type Life = Pick<Participant, "slot" | "generation">;

/** Whether two looks at a segment saw the same participant. */
export function isSameLife(one: Life, two: Life): boolean {
  return one.slot === two.slot && one.generation === two.generation;
}

const TWO_POW_32 = 2 ** 32;

/**
 * Writes who has a slot. Its owner's alone; nobody looks before `state` says so.
 *
 * @param base Word at which the slot begins.
 */
export function writeSlot(words: Words, base: number, who: Joining): void {
  words.set(base + SLOT.role, ROLES[who.role]);
  words.set(base + SLOT.pid, who.pid);
  writeLong(words, base + SLOT.startTicks, who.startTicks);
  writeLong(words, base + SLOT.bell, who.bell);
  writeLong(words, base + SLOT.joinedAt, who.joinedAtMs);
  words.store(base + SLOT.armed, 0);
  const padded = new Uint8Array(PARTICIPANT_NAME_BYTES_MAX);
  const { written } = new TextEncoder().encodeInto(who.name, padded);
  const view = new DataView(padded.buffer);
  words.set(base + SLOT.nameLength, written);
  for (let i = 0; i < padded.length / 4; i++) {
    words.set(base + SLOT.name + i, view.getInt32(i * 4, true));
  }
}

/** What a slot says, whoever wrote it. */
export function readSlot(
  words: Words,
  base: number,
): Pick<Participant, "role" | "pid" | "startTicks" | "bell" | "joinedAtMs" | "name"> {
  const code = words.get(base + SLOT.role);
  const role = Object.entries(ROLES).find(([, value]) => value === code)?.[0] as Role | undefined;
  const view = new DataView(new ArrayBuffer(PARTICIPANT_NAME_BYTES_MAX));
  for (let i = 0; i < view.byteLength / 4; i++) {
    view.setInt32(i * 4, words.get(base + SLOT.name + i), true);
  }
  const length = words.get(base + SLOT.nameLength) >>> 0;
  const name = new Uint8Array(view.buffer, 0, Math.min(length, PARTICIPANT_NAME_BYTES_MAX));
  return {
    role: role ?? "unknown",
    pid: words.get(base + SLOT.pid) >>> 0,
    startTicks: readLong(words, base + SLOT.startTicks),
    bell: bellIn(words, base),
    joinedAtMs: readLong(words, base + SLOT.joinedAt),
    name: new TextDecoder().decode(name),
  };
}

/** The doorbell that a slot says. */
export function bellIn(words: Words, base: number): number {
  return readLong(words, base + SLOT.bell);
}

function readLong(words: Words, index: number): number {
  return (words.get(index) >>> 0) + ((words.get(index + 1) & 0x1f_ffff) >>> 0) * TWO_POW_32;
}

function writeLong(words: Words, index: number, value: number): void {
  words.set(index, (value % TWO_POW_32) | 0);
  words.set(index + 1, Math.floor(value / TWO_POW_32));
}
