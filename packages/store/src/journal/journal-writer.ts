/**
 * One handle's side of appending: its turns, and when what it has appended gets to the disk.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import type { Appender } from "./appender.ts";
import type { OnAppended } from "./journal-inside.ts";
import type { JournalSync } from "./journal-options.ts";
import type { LiveHead } from "./live-head.ts";
import type { RecordRun } from "./record-run.ts";
import type { TurnLock } from "./turn-lock.ts";

/** How long records wait for the disk in mode `"interval"`, in milliseconds. */
const INTERVAL_MS = 100;

/** What a writer works with. */
export interface WriterParts {
  readonly turns: TurnLock;
  /** Its end has been found. */
  readonly appender: Appender;
  readonly sync: JournalSync;
  readonly newRun: () => RecordRun;
  /** Where those are woken who follow, and observers told. */
  readonly head: () => Pick<LiveHead, "note" | "noteAppended" | "noteEnd" | "ring">;
  /** Called when there is another file of records. */
  readonly filesChanged: () => void;
}

/** Appends for one handle. */
export class JournalWriter implements Disposable {
  readonly #parts: WriterParts;
  /** Absent while it is encoded into: a program's getters may append, too. */
  #run: RecordRun | undefined;
  #syncing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** The sequence of the last record that is known here. */
  get last(): number {
    return this.#parts.appender.last;
  }

  /** Up to which sequence everything is on the disk. */
  get synced(): number {
    return this.#parts.appender.synced;
  }

  /**
   * Appends records; returns the sequence of the last one.
   *
   * @param onAppended Told of them, in order with those of others, when they can be read in the journal.
   */
  append(records: Iterable<unknown>, onAppended?: OnAppended): number {
    const { turns, appender, sync, newRun } = this.#parts;
    const head = this.#parts.head();
    const run = this.#run ?? newRun();
    this.#run = undefined;
    let last: number;
    try {
      run.clear();
      for (const record of records) run.add(record);
      turns.take();
      const before = appender.last;
      const { first } = appender;
      try {
        try {
          last = appender.append(run);
          // Without a look at the clock or the disk: it is done for every append.
          head.noteAppended(run.count, run.payloadBytes, last);
        } finally {
          // Some may have been appended before there was no room for the others.
          if (appender.last !== before) head.note(appender.last);
        }
        onAppended?.(run);
      } finally {
        turns.give();
        if (appender.last !== before) head.ring();
      }
      if (appender.first !== first) this.#parts.filesChanged();
    } finally {
      this.#run = run;
    }
    if (sync === "always") {
      appender.sync();
      this.#noteSynced();
    } else if (sync === "interval") this.#timer ??= this.#syncLater();
    return last;
  }

  /** Resolves when everything up to a sequence, or up to the last one that is known here, is on the disk. */
  async flushed(sequence: number | undefined): Promise<void> {
    const { appender } = this.#parts;
    const wanted = sequence ?? appender.last;
    if (wanted > appender.last) this.#catchUp();
    if (wanted > appender.last) throw outOfRange("sequence", `<= ${appender.last}`, wanted);
    while (appender.synced < wanted) {
      this.#syncing ??= appender.syncAsync().finally(() => {
        this.#syncing = undefined;
      });
      await this.#syncing;
      this.#noteSynced();
    }
  }

  /** @throws {SystemError} When what should be on the disk cannot be brought there. */
  [Symbol.dispose](): void {
    const { turns, appender, sync } = this.#parts;
    clearTimeout(this.#timer);
    try {
      if (sync === "interval" && this.#timer !== undefined) appender.sync();
    } finally {
      appender.close();
      turns[Symbol.dispose]();
    }
  }

  #noteSynced(): void {
    const { appender, head } = this.#parts;
    head().noteEnd(0, appender.synced);
  }

  #catchUp(): void {
    const { turns, appender } = this.#parts;
    turns.take();
    try {
      appender.catchUp();
    } finally {
      turns.give();
    }
  }

  #syncLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      // The appender keeps the error, and throws it at the next call.
      this.flushed(undefined).catch(() => undefined);
    }, INTERVAL_MS);
    timer.unref();
    return timer;
  }
}
