/**
 * A count that several processes keep together, without a word that they share: what happened is appended to a journal, and
 * every process adds up what it reads there.
 *
 * @module
 */
import { i32, struct, u32 } from "@isthmus/ipc";
import { Journal, type JournalEntry, JournalPublisher, JournalSubscriber } from "@isthmus/store";

/** What happened: somebody added something. */
const Added = struct({ by: u32, amount: i32 });

/** The counter as one process has it. */
export class EventCounter implements Disposable {
  readonly #journal: Journal<typeof Added>;
  readonly #publisher: JournalPublisher<typeof Added>;
  readonly #subscriber: JournalSubscriber<typeof Added>;
  readonly #perPerson = new Map<number, number>();
  #total = 0;

  /**
   * Opens a counter, or makes it.
   *
   * @param path Of its journal.
   * @param name By which the processes that have it open reach each other.
   */
  constructor(path: string, name: string) {
    using opened = new DisposableStack();
    const how = { schema: Added, sync: "none", segmentBytes: 2 ** 20 } as const;
    this.#journal = opened.use(Journal.open(path, how));
    const options = { journal: this.#journal };
    this.#publisher = opened.use(JournalPublisher.createOrOpen(name, options));
    this.#subscriber = opened.use(JournalSubscriber.createOrOpen(name, options));
    opened.move();
  }

  /** Adds something; when this returns, it counts, whoever is killed. */
  add(by: number, amount: number): void {
    this.#publisher.send({ by, amount });
  }

  /** Waits until what has been added survives a loss of power, too. */
  async flushed(): Promise<void> {
    await this.#journal.flushed();
  }

  /** The count, with all that anybody has added. */
  get total(): number {
    this.#catchUp();
    return this.#total;
  }

  /** What one person has added. */
  of(person: number): number {
    this.#catchUp();
    return this.#perPerson.get(person) ?? 0;
  }

  /** How many events this process has seen. */
  get events(): number {
    return this.#subscriber.nextSequence - 1;
  }

  /** Waits for the next event, and counts it. */
  async next(): Promise<void> {
    this.#apply(await this.#subscriber.receiveAsync());
  }

  [Symbol.dispose](): void {
    this.#subscriber.dispose();
    this.#publisher.dispose();
    this.#journal.dispose();
  }

  #catchUp(): void {
    for (;;) {
      const entry = this.#subscriber.tryReceive();
      if (entry === undefined) return;
      this.#apply(entry);
    }
  }

  #apply(entry: JournalEntry<typeof Added>): void {
    if (entry.gap !== undefined) {
      throw new Error(
        `Events ${entry.gap.from} to ${entry.gap.to} are missing: the count is not known`,
      );
    }
    const { by, amount } = entry.value;
    this.#total += amount;
    this.#perPerson.set(by, (this.#perPerson.get(by) ?? 0) + amount);
  }
}
