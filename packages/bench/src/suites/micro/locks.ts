/**
 * Locks, semaphores and events that nobody else wants, beside the bare calls.
 *
 * @module
 */
import { bareMutexPairs } from "@isthmus/core/internal";
import { NamedEvent, NamedMutex, NamedSemaphore } from "@isthmus/ipc";
import type { CaseFunction } from "../../runner/suite.ts";
import { measureMicro, mustBe } from "./micro.ts";

const PAIRS = 100;

/** All of them. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  bareMutex: async (context) => {
    const pairs = bareMutexPairs();
    // It checks its own memory after each call.
    return await measureMicro(context, {
      operations: PAIRS,
      run: () => pairs(PAIRS),
      verify: (calls) => mustBe(calls > 0, true),
    });
  },

  mutex: async (context) => {
    using mutex = NamedMutex.createNew("bench-mutex");
    let abandoned = 0;
    return await measureMicro(context, {
      operations: PAIRS,
      run: () => {
        for (let i = 0; i < PAIRS; i++) {
          const lock = mutex.acquire();
          if (lock.abandoned) abandoned++;
          lock.release();
        }
      },
      verify: () => {
        mustBe(abandoned, 0);
        using lock = mutex.tryAcquire();
        mustBe(lock === undefined, false);
      },
    });
  },

  semaphore: async (context) => {
    using semaphore = NamedSemaphore.createNew("bench-semaphore", { initial: 1, max: 1 });
    let taken = 0;
    return await measureMicro(context, {
      operations: PAIRS,
      run: () => {
        for (let i = 0; i < PAIRS; i++) {
          if (semaphore.tryWait()) taken++;
          semaphore.release();
        }
      },
      verify: (calls) => mustBe(taken, calls * PAIRS),
    });
  },

  event: async (context) => {
    using event = NamedEvent.createNew("bench-event", { reset: "auto" });
    let taken = 0;
    return await measureMicro(context, {
      operations: PAIRS,
      run: () => {
        for (let i = 0; i < PAIRS; i++) {
          event.set();
          if (event.tryWait()) taken++;
        }
      },
      verify: (calls) => mustBe(taken, calls * PAIRS),
    });
  },
};
