/**
 * One handle's side of appending: its turns, and when what it has appended gets to the disk.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { outOfRange, refuseAsync } from "@isthmus/core/internal";
import type { Appender } from "./appender.ts";
import type { OnAppended } from "./journal-inside.ts";
import type { JournalSync } from "./journal-options.ts";
import type { LiveHead } from "./live-head.ts";
import type { RecordRun } from "./record-run.ts";
import type { TurnLock } from "./turn-lock.ts";

/** How long records wait for the disk in mode `"interval"`, in milliseconds. */
const INTERVAL_MS = 100;

/** What a writer does with the live head. */
type WriterHead = Pick<LiveHead, "note" | "ring" | "noteAppended" | "noteEnd">;

/** What a writer works with. */
export interface WriterParts {
  readonly turns: TurnLock;
  /** Its end has been found. */
  readonly appender: Appender;
  readonly sync: JournalSync;
  readonly newRun: () => RecordRun;
  /** Wakes those who follow, and tells observers. */
  readonly head: () => WriterHead;
  /** Called when there is another file of records. */
  readonly filesChanged: () => void;
}

/** Appends for one handle. What runs for every append is written to a budget: see decision 0008. */
export class JournalWriter implements Disposable {
  private readonly turns: TurnLock;
  private readonly appender: Appender;
  readonly #sync: JournalSync;
  private readonly newRun: () => RecordRun;
  private readonly head: () => WriterHead;
  private readonly filesChanged: () => void;
  /** Absent while it is encoded into: a program's getters may append, too. */
  private run: RecordRun | undefined;
  #syncing: Promise<void> | undefined;
  #isClosed = false;
  /** In mode `"interval"`: what has been appended is not on the disk. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ turns, appender, sync, newRun, head, filesChanged }: WriterParts) {
    this.turns = turns;
    this.appender = appender;
    this.#sync = sync;
    this.newRun = newRun;
    this.head = head;
    this.filesChanged = filesChanged;
  }

  /** The sequence of the last record that is known here. */
  get last(): number {
    return this.appender.last;
  }

  /** Up to which sequence everything is on the disk. */
  get synced(): number {
    return this.appender.synced;
  }

  /** Appends a record; returns its sequence. */
  append(record: unknown): number {
    const run = this.#takeRun();
    try {
      run.add(record);
      return this.#append(run, undefined);
    } finally {
      this.run = run;
    }
  }

  /**
   * Appends records; returns the sequence of the last one.
   *
   * @param onAppended Told of them, in order with those of others, when they can be read in the journal.
   * @param frameBytesMax Frames that are longer have one record only.
   */
  appendAll(records: Iterable<unknown>, onAppended?: OnAppended, frameBytesMax?: number): number {
    const run = this.#takeRun(frameBytesMax);
    try {
      for (const record of records) run.add(record);
      return this.#append(run, onAppended);
    } finally {
      this.run = run;
    }
  }

  /** Appends what a program's function adds to a batch; returns the sequence of the last record. */
  appendBatch(fill: (batch: { append(record: unknown): void }) => unknown): number {
    const run = this.#takeRun();
    let isOpen = true;
    const append = (record: unknown): void => {
      if (!isOpen) throw new NotSupportedError("Cannot use a batch after its callback");
      run.add(record);
    };
    try {
      refuseAsync(fill({ append }), "fill");
      isOpen = false;
      return this.#append(run, undefined);
    } finally {
      isOpen = false;
      this.run = run;
    }
  }

  /** Does something in this handle's turn, at the end of the journal. */
  inTurn<T>(action: (appender: Appender) => T): T {
    const turns = this.turns;
    const appender = this.appender;
    turns.take();
    try {
      turns.checkShared();
      appender.catchUp();
      return action(appender);
    } finally {
      turns.give();
    }
  }

  /** Resolves when everything up to a sequence, or up to the last one that is known here, is on the disk. */
  async flushed(sequence: number | undefined): Promise<void> {
    const appender = this.appender;
    const wanted = sequence ?? appender.last;
    if (wanted > appender.last) this.inTurn(() => undefined);
    if (wanted > appender.last) throw outOfRange("sequence", `<= ${appender.last}`, wanted);
    while (appender.synced < wanted) {
      this.#syncing ??= this.#syncAll();
      await this.#syncing;
      this.#noteSynced();
    }
  }

  /** @throws {SystemError} When what should be on the disk cannot be brought there. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    try {
      // One that is under way has not brought them there yet.
      const isDue = this.#syncing !== undefined || this.#timer !== undefined;
      if (isDue) this.appender.sync();
    } finally {
      this.appender.close();
      this.turns[Symbol.dispose]();
    }
  }

  #takeRun(frameBytesMax?: number): RecordRun {
    const run = this.run ?? this.newRun();
    this.run = undefined;
    run.clear(frameBytesMax);
    return run;
  }

  #append(run: RecordRun, onAppended: OnAppended | undefined): number {
    const turns = this.turns;
    const appender = this.appender;
    const head = this.head();
    let last: number;
    const isContinued = turns.take();
    const before = appender.last;
    const { first } = appender;
    try {
      try {
        last = appender.append(run, isContinued);
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
    if (appender.first !== first) this.filesChanged();
    if (this.#sync === "always") this.#syncTogether(last);
    else if (this.#sync === "interval") this.#timer ??= this.#syncLater();
    return last;
  }

  /** Begins when all have had their turn whom the last sync has let go: what they append at once waits for no other one. */
  async #syncAll(): Promise<void> {
    const appender = this.appender;
    try {
      await undefined;
      if (appender.synced < appender.last) await appender.syncAsync();
    } finally {
      this.#syncing = undefined;
    }
  }

  /** One brings to the disk what all have appended who wait for it. */
  #syncTogether(last: number): void {
    const appender = this.appender;
    this.turns.flush(
      () => appender.synced >= last,
      () => appender.sync(),
    );
    this.#noteSynced();
  }

  #noteSynced(): void {
    if (!this.#isClosed) this.head().noteEnd(0, this.appender.synced);
  }

  #syncLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      // The appender keeps the error, and throws it at the next call: at the latest when this is disposed, for which it is still due.
      this.flushed(undefined).catch(() => {
        this.#timer = timer;
      });
    }, INTERVAL_MS);
    timer.unref();
    return timer;
  }
}
