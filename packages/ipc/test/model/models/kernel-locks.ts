/**
 * The kernel's locks on participants' slots, kept in words of the model: 0 free, else number of the actor + 1.
 *
 * @module
 */
import type { SlotLocks } from "../../../src/segment/participants.ts";
import type { Actor } from "../checker/model.ts";

/** The locks as one actor takes them. Every call is one step. */
export function slotLocks({ call }: Actor, base: number, me: number): SlotLocks {
  const own = me + 1;
  return {
    tryLock: (slot) =>
      call(`lock slot ${slot}`, (memory) => {
        const owner = memory[base + slot];
        if (owner !== 0 && owner !== own) return false;
        memory[base + slot] = own;
        return true;
      }),
    unlock: (slot) =>
      call(`unlock slot ${slot}`, (memory) => {
        memory[base + slot] = 0;
        return undefined;
      }),
    isLockedByOther: (slot) =>
      call(`is slot ${slot} locked by another`, (memory) => {
        const owner = memory[base + slot];
        return owner !== 0 && owner !== own;
      }),
  };
}

/** The locks as somebody takes them who comes when all actors have stopped. */
export function lateLocks(memory: Int32Array, base: number): SlotLocks {
  return {
    tryLock: (slot) => memory[base + slot] === 0,
    unlock: () => {},
    isLockedByOther: (slot) => memory[base + slot] !== 0,
  };
}

/** What the kernel does when an actor ends: all of its locks are free. */
export function releaseLocks(memory: Int32Array, base: number, count: number, actor: number): void {
  for (let slot = 0; slot < count; slot++) {
    if (memory[base + slot] === actor + 1) memory[base + slot] = 0;
  }
}
