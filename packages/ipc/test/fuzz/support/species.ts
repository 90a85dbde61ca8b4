/**
 * Every kind of segment, and everything that its participants do.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { NamedEvent, NamedMutex, NamedSemaphore } from "../../../src/index.ts";
import { CHANNELS } from "./channels.ts";
import { demand, type Outcomes } from "./outcomes.ts";
import { role, type Species, WAIT, WAITING } from "./role.ts";
import { SERVICES } from "./services.ts";
import { STRUCTS } from "./structs.ts";
import { TOPICS } from "./topics.ts";

const MEMORY_BYTES = 10_000;

const MEMORY: Species = {
  name: "memory",
  roles: [
    role(
      "memory",
      (verb, name) =>
        verb === "openExisting"
          ? MemoryMappedFile.openExisting(name)
          : MemoryMappedFile[verb](name, MEMORY_BYTES),
      useMemory,
    ),
  ],
};

const MUTEX: Species = {
  name: "mutex",
  roles: [role("mutex", (verb, name) => NamedMutex[verb](name), useMutex)],
};

const semaphoreOf = (returnOnDeath: boolean): Species => ({
  name: `semaphore, units ${returnOnDeath ? "come back" : "do not come back"}`,
  roles: [
    role(
      "semaphore",
      (verb, name) =>
        verb === "openExisting"
          ? NamedSemaphore.openExisting(name)
          : NamedSemaphore[verb](name, { initial: 2, max: 3, returnOnDeath }),
      useSemaphore,
    ),
  ],
});
const LENT = semaphoreOf(true);
const PLAIN = semaphoreOf(false);

const EVENT: Species = {
  name: "event",
  roles: [
    role(
      "event",
      (verb, name) =>
        verb === "openExisting" ? NamedEvent.openExisting(name) : NamedEvent[verb](name),
      useEvent,
    ),
  ],
};

/** All of them. */
export const SPECIES: readonly Species[] = [
  MEMORY,
  MUTEX,
  LENT,
  PLAIN,
  EVENT,
  ...STRUCTS,
  ...CHANNELS,
  ...TOPICS,
  ...SERVICES,
];

function useMemory(memory: MemoryMappedFile, outcomes: Outcomes): void {
  outcomes.attempt("memory view", () => {
    using view = memory.createViewAccessor();
    let sum = 0;
    for (const byte of view.bytes()) sum += byte;
    demand(view.capacity === memory.capacity && sum >= 0, `capacity ${view.capacity}`);
    if (view.capacity < 8) return;
    view.writeFloat64(view.capacity - 8, 1);
    demand(view.readFloat64(view.capacity - 8) === 1, "what was not written");
  });
  outcomes.attempt("memory count", () => memory.count(0));
}

async function useMutex(mutex: NamedMutex, outcomes: Outcomes): Promise<void> {
  outcomes.attempt("mutex owner", () => mutex.owner);
  outcomes.attempt("mutex tryAcquire", () => mutex.tryAcquire()?.release());
  outcomes.attempt("mutex acquire", () => {
    const lock = mutex.acquire(WAIT);
    demand(lock.isHeld, "a lock that is not held");
    lock.release();
  });
  await outcomes.attemptAsync("mutex acquireAsync", async () => {
    (await mutex.acquireAsync(WAITING)).release();
  });
}

async function useSemaphore(semaphore: NamedSemaphore, outcomes: Outcomes): Promise<void> {
  outcomes.attempt("semaphore count", () => {
    demand(semaphore.count >= 0 && semaphore.count < 2 ** 31, `count ${semaphore.count}`);
  });
  outcomes.attempt("semaphore tryWait", () => semaphore.tryWait());
  outcomes.attempt("semaphore wait", () => semaphore.wait(WAIT));
  await outcomes.attemptAsync("semaphore waitAsync", () => semaphore.waitAsync(WAITING));
  outcomes.attempt("semaphore release", () => {
    const before = semaphore.release();
    demand(before >= 0 && before < 2 ** 31, `previous count ${before}`);
  });
}

async function useEvent(event: NamedEvent, outcomes: Outcomes): Promise<void> {
  outcomes.attempt("event isSet", () => event.isSet);
  outcomes.attempt("event tryWait", () => event.tryWait());
  outcomes.attempt("event wait", () => event.wait(WAIT));
  await outcomes.attemptAsync("event waitAsync", () => event.waitAsync(WAITING));
  outcomes.attempt("event set", () => event.set());
  outcomes.attempt("event reset", () => event.reset());
  outcomes.attempt("event set", () => event.set());
}
