/**
 * What a consumer knows of the producers whose records it has seen.
 *
 * @module
 */
import { KIND, type RecordReader } from "@isthmus/programs/checked-record";

/** How a producer ended. */
export type ProducerEnd = "finished" | "interrupted" | "died";

/** One producer. */
export interface ProducerAccount {
  readonly pid: number;
  /** The number that its next record should have. */
  next: number;
  /** Undefined while more may come. */
  end: ProducerEnd | undefined;
}

/** Keeps account of records and of who sent them. */
export class Ledger {
  messages = 0;
  bytes = 0;
  /** Numbers that were left out. */
  lost = 0;
  /** Records whose check failed, or that came again. */
  corrupt = 0;
  readonly #accounts = new Map<number, ProducerAccount>();
  readonly #hasPredecessor: boolean;
  /** Records come in runs of one producer. */
  #producer: number | undefined;
  #account: ProducerAccount | undefined;

  /**
   * @param hasPredecessor Whether others have consumed from the channel before: then the first record that is seen
   * of a producer need not be its first.
   */
  constructor(hasPredecessor: boolean) {
    this.#hasPredecessor = hasPredecessor;
  }

  /** All producers that were seen. */
  get accounts(): Iterable<ProducerAccount> {
    return this.#accounts.values();
  }

  /** Those of whom more may come. */
  get open(): readonly ProducerAccount[] {
    return Array.from(this.#accounts.values()).filter(({ end }) => end === undefined);
  }

  /** Notes a record whose check failed. */
  noteCorrupt(lengthBytes: number): void {
    this.messages++;
    this.bytes += lengthBytes;
    this.corrupt++;
  }

  /**
   * Notes a record.
   *
   * @param record Its header.
   * @param lengthBytes Its length.
   */
  note(record: RecordReader, lengthBytes: number): void {
    const { sequence } = record;
    const known = record.producer === this.#producer ? this.#account : undefined;
    const account = known ?? this.#find(record);
    const missing = sequence - account.next;
    if (record.kind !== KIND.data) {
      account.end = record.kind === KIND.finished ? "finished" : "interrupted";
      if (missing > 0) this.lost += missing;
      return;
    }
    this.messages++;
    this.bytes += lengthBytes;
    if (missing < 0) this.corrupt++;
    else account.next = sequence + 1;
    if (missing > 0) this.lost += missing;
  }

  #find({ producer, pid, sequence }: RecordReader): ProducerAccount {
    let account = this.#accounts.get(producer);
    if (account === undefined) {
      account = { pid, next: this.#hasPredecessor ? sequence : 0, end: undefined };
      this.#accounts.set(producer, account);
    }
    this.#producer = producer;
    this.#account = account;
    return account;
  }
}
