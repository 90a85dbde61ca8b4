/**
 * Which tests are run on Windows, and why others are not.
 *
 * @module
 */

/** Folders and files whose tests are run without arguments, in this order. */
export const TESTS: readonly string[] = [
  "packages/ipc/test/sync/",
  "packages/ipc/test/channel/",
  "packages/ipc/test/flow/sending.test.ts",
  "packages/ipc/test/flow/receiving.test.ts",
  "packages/ipc/test/flow/redelivery.test.ts",
  "packages/ipc/test/flow/same-thread.test.ts",
  "packages/ipc/test/flow/records-in-use.test.ts",
  "packages/core/test/",
  "packages/ipc/test/shared-struct/",
  "packages/ipc/test/segment/",
  "packages/ipc/test/service/",
  "packages/ipc/test/topic/",
  "packages/ipc/test/wait/",
  "packages/ipc/test/queue/",
  "packages/ipc/test/list/",
  "packages/ipc/test/observe/",
  "packages/store/test/cache/",
  "packages/store/test/counters/",
  "packages/store/test/limiter/",
  "packages/store/test/table/",
  "packages/store/test/broadcast/",
  "packages/store/test/journal/",
  "packages/store/test/journal-topic/",
  "apps/cli/test/channel-commands/",
  "apps/cli/test/segments/",
];

// Why some are not run.
const UNSHORTENED =
  "there is nothing to guard against: to shorten a mapped file is refused with status 0xc0000243";
const MODEL = "models that touch no system call";

/** Beginnings of paths of those that are not run then, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "packages/core/test/guard/": UNSHORTENED,
  "packages/ipc/test/segment/cut-short": UNSHORTENED,
  "apps/cli/test/segments/golden": MODEL,
  "apps/cli/test/segments/logout-check": "systemd is Linux's",
  "packages/core/test/named/mutants":
    "its mistakes are made in calls of node:fs that link and remove names",
  "packages/core/test/systems/": "what all runtimes are to say on Linux",
  "packages/core/test/named/pipe": "pipes with a path, of which Windows has none",
  "packages/core/test/named/memory-limit": "control groups are Linux's",
  "packages/ipc/test/sync/semaphore-ledger": MODEL,
  "packages/ipc/test/shared-struct/versioned-cells": MODEL,
  "packages/ipc/test/topic/ring-interleaving": MODEL,
  "packages/ipc/test/queue/job-lists": MODEL,
  "packages/ipc/test/queue/crash-steps": MODEL,
  "packages/store/test/journal/power-cut": MODEL,
};

/** Why the rest of the tests is not run: it would not tell anything of Windows. */
export const REST =
  "models, layouts, schemas, texts and other systems, which tell nothing of Windows; and the command's screens: bun run test has them";
