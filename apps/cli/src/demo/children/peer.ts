/**
 * The second process of the shared-memory steps. Started as `peer.ts ROLE NAME [NUMBER]`; answers
 * in lines on stdout.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { NamedMutex, SharedStruct } from "@isthmus/ipc";
import { Account, addMany } from "../account.ts";
import { codeOf } from "../check.ts";
import { sayHello } from "../child.ts";
import { repeat } from "../patience.ts";

type Role = (name: string, count: number) => void | Promise<void>;

/** Where the processes that count together count themselves. */
const ARRIVALS_OFFSET = 4;
const ARRIVAL_TIMEOUT_MS = 5000;

/** Far longer than the demonstration needs to end the process. */
const STICK_MS = 20_000;

const ROLES: Readonly<Record<string, Role>> = {
  /** Reads a number that the other process wrote, and answers in memory. */
  answer: (name) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    view.writeString(64, `process ${process.pid} read ${view.readInt32(0)}`, {
      nullTerminated: true,
    });
    say("answered");
  },
  /** Tries to create a name. */
  create: (name) => say(attempt(() => MemoryMappedFile.createNew(name, 4096))),
  /** Tries to open a name. */
  open: (name) => say(attempt(() => MemoryMappedFile.openExisting(name))),
  /** Holds a name until stdin ends, or until it is killed. */
  hold: async (name) => {
    using file = MemoryMappedFile.createNew(name, 4096);
    using view = file.createViewAccessor();
    view.writeInt32(0, process.pid);
    say("holding");
    await Bun.stdin.text();
  },
  /** Adds to a counter that the other process adds to as well. */
  add: (name, count) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    addMany(view, count);
    say("added");
  },
  /** Adds to a counter by ordinary reads and writes, under the mutex; says how often. */
  count: async (name, count) => {
    using file = MemoryMappedFile.openExisting(name);
    using view = file.createViewAccessor();
    using mutex = NamedMutex.openExisting("demo-mutex");
    const add = (offset: number): void => {
      using _lock = mutex.acquire();
      view.writeInt32(offset, view.readInt32(offset) + 1);
    };
    // Both begin when both have come, so that they do meet.
    add(ARRIVALS_OFFSET);
    const deadlineMs = performance.now() + ARRIVAL_TIMEOUT_MS;
    while (view.readInt32(ARRIVALS_OFFSET) < 2 && performance.now() < deadlineMs) {
      await Bun.sleep(1);
    }
    say(repeat(count, () => add(0)));
  },
  /** Acquires a mutex and keeps it until it is killed. */
  own: async (name) => {
    using mutex = NamedMutex.openExisting(name);
    using _lock = mutex.acquire();
    say("owning");
    await Bun.stdin.text();
  },
  /** Moves amounts between the accounts, one update each, as the other process does; says how often. */
  transfer: (name, count) => {
    using shared = SharedStruct.openExisting(name, Account);
    const move = (): void => {
      shared.update((account) => {
        account.left -= 1;
        account.right += 1;
        account.transfers += 1;
        account.last = `process ${process.pid}`;
      });
    };
    say(repeat(count, move));
  },
  /** Begins an update and stays inside it until it is killed. */
  stick: (name) => {
    using shared = SharedStruct.openExisting(name, Account);
    shared.update((account) => {
      account.left -= 1;
      writeSync(1, "half-way\n");
      Bun.sleepSync(STICK_MS);
    });
  },
};

function attempt(open: () => Disposable): string {
  try {
    using _ = open();
    return "ok";
  } catch (error) {
    return codeOf(error) || String(error);
  }
}

function say(line: string | number): void {
  process.stdout.write(`${line}\n`);
}

const [role = "", name = "", count = "0"] = process.argv.slice(2);
sayHello();
const play = ROLES[role];
if (play === undefined) throw new Error(`Unknown role "${role}"`);
await play(name, Number(count));
