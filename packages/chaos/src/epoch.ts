/**
 * The participants of one epoch: from one deletion of the directory of named memory to the next.
 *
 * @module
 */
import { READY_MS_MAX } from "./monitor.ts";
import type { ParticipantProcess, Roster } from "./roster.ts";
import type { Role, Scenario } from "./scenario.ts";

/** How often a wait looks, in milliseconds. */
const LOOK_MS = 5;

/** A place in a role, for one participant at a time. */
export interface Slot {
  readonly scenario: Scenario;
  readonly role: Role;
  participant: ParticipantProcess | undefined;
  /** When an empty slot is to be filled, in milliseconds of `performance.now()`. */
  dueAtMs: number;
  /** Whether an empty slot is filled without delay, so that it is worth measuring how long that takes. */
  isImmediate: boolean;
}

/** What an epoch needs of the nemesis. */
export interface EpochOptions {
  readonly number: number;
  readonly scenarios: readonly Scenario[];
  readonly roster: Roster;
  /** How long a participant may make no progress, in milliseconds. */
  readonly patienceMs: number;
  /** Told of a participant that made none. */
  readonly onStuck: (participant: ParticipantProcess, what: string) => void;
  /** Told of a participant that was started, without delay, in the place of one that was killed. */
  readonly onSuccession: (predecessor: ParticipantProcess, successor: ParticipantProcess) => void;
  readonly signal: AbortSignal;
}

/** The slots of all roles, from the first participant to the last. */
export class Epoch {
  readonly slots: readonly Slot[];
  readonly number: number;
  readonly #options: EpochOptions;

  constructor(options: EpochOptions) {
    this.#options = options;
    this.number = options.number;
    this.slots = options.scenarios.flatMap((scenario) =>
      scenario.roles.flatMap((role) =>
        Array.from(
          { length: role.count },
          (): Slot => ({ scenario, role, participant: undefined, dueAtMs: 0, isImmediate: true }),
        ),
      ),
    );
  }

  /** The participants that live. */
  get participants(): ParticipantProcess[] {
    return this.slots.flatMap(({ participant }) =>
      participant?.isAlive === true ? [participant] : [],
    );
  }

  /**
   * Starts the keepers, then everybody else.
   *
   * @throws {Error} in the first epoch, when a slot stays empty: without participants there is nothing to judge.
   */
  async begin(): Promise<void> {
    for (const isWanted of [({ role }: Slot) => role.isKeeper === true, () => true]) {
      await this.#fill(isWanted);
      if (this.number === 0) await this.#demandAll(this.slots.filter(isWanted));
    }
  }

  /** Fills the slots whose time has come. */
  refill(nowMs: number): void {
    for (const slot of this.slots) {
      if (slot.participant?.isAlive !== true && nowMs >= slot.dueAtMs) this.#start(slot);
    }
  }

  /** Waits until every slot is filled, nobody is stopped, and nobody is on the way out and back in. */
  async settle(): Promise<void> {
    this.#proceedAll();
    await this.#fill(() => true);
    await this.#stay(this.participants);
  }

  /** Ends all participants by rank: senders, then those who take what was sent, then keepers. */
  async retire(): Promise<void> {
    const { roster, patienceMs, onStuck } = this.#options;
    this.#proceedAll();
    await this.#fill(({ role }) => role.rank > 0);
    await this.#letHarm();
    for (const rank of [0, 1, 2]) {
      const asked = this.participants.filter((participant) => participant.rank === rank);
      for (const participant of asked) roster.ask(participant, "end");
      await this.#until(() => asked.every(({ isAlive }) => !isAlive));
      for (const participant of asked.filter(({ isAlive }) => isAlive)) {
        onStuck(participant, `did not end within ${patienceMs} ms of having been asked to`);
        roster.kill(participant);
        await participant.exited;
      }
    }
  }

  /** Has requested harm done, when all others are there to see it. */
  async #letHarm(): Promise<void> {
    const nemeses = this.participants.filter(({ isNemesis }) => isNemesis);
    if (nemeses.length === 0) return;
    await this.#stay(this.participants.filter(({ isNemesis }) => !isNemesis));
    await this.#stay(nemeses);
    const isDone = (): boolean => nemeses.every((one) => !one.isAlive || one.hasHarmed());
    await this.#until(isDone, this.#readyMs);
  }

  #proceedAll(): void {
    for (const participant of this.participants) if (participant.isStopped) participant.proceed();
  }

  async #stay(participants: readonly ParticipantProcess[]): Promise<void> {
    const { control } = this.#options.roster;
    for (const { id } of participants) control.instruct(id, "stay");
    const ticket = control.ticket();
    const isDone = (): boolean =>
      participants.every((participant) => !participant.isAlive || participant.hasStayed(ticket));
    await this.#until(isDone, this.#readyMs);
  }

  /**
   * Fills slots, and waits until their participants are ready and none of them is about to go: senders wait for ever
   * when nobody is left who takes what they send.
   */
  async #fill(isWanted: (slot: Slot) => boolean): Promise<void> {
    const { roster, onStuck } = this.#options;
    const wanted = this.slots.filter(isWanted);
    const isFilled = ({ participant }: Slot): boolean =>
      participant?.isReady === true && participant.isStaying;
    await this.#until(() => {
      const nowMs = performance.now();
      for (const slot of wanted) {
        const { isAlive, end } = slot.participant ?? {};
        if (isAlive !== true && end !== "failed") this.#start(slot);
        slot.participant?.look(nowMs);
      }
      // In the first epoch nothing has done any harm yet: what has failed will fail again.
      const isHopeless =
        this.number === 0 && wanted.some(({ participant }) => participant?.end === "failed");
      return isHopeless || wanted.every(isFilled);
    }, this.#readyMs);
    for (const { participant } of wanted.filter((slot) => !isFilled(slot))) {
      if (participant?.isAlive !== true) continue;
      onStuck(participant, `was not ready within ${this.#readyMs} ms`);
      roster.kill(participant);
      await participant.exited;
    }
  }

  async #demandAll(slots: readonly Slot[]): Promise<void> {
    const failed = slots.find(({ participant }) => participant?.end === "failed");
    const unready = slots.find(({ participant }) => participant?.isReady !== true);
    const missing = (failed ?? unready)?.participant;
    if (missing === undefined) return;
    const why = missing.isKilled ? `not ready in ${this.#readyMs} ms` : await missing.complaint();
    throw new Error(`${missing.label} could not be started: ${why}`);
  }

  #start(slot: Slot): void {
    const { roster, onSuccession } = this.#options;
    const predecessor = slot.participant;
    const successor = roster.start(slot.scenario, slot.role, this.number);
    slot.participant = successor;
    if (predecessor?.isKilled === true && slot.isImmediate) onSuccession(predecessor, successor);
  }

  /** How long it may take until a participant is ready, or has seen its instruction. */
  get #readyMs(): number {
    return Math.max(this.#options.patienceMs, READY_MS_MAX);
  }

  async #until(isTrue: () => boolean, limitMs = this.#options.patienceMs): Promise<void> {
    const { signal } = this.#options;
    const endMs = performance.now() + limitMs;
    while (!isTrue() && performance.now() < endMs) {
      signal.throwIfAborted();
      await Bun.sleep(LOOK_MS);
    }
    signal.throwIfAborted();
  }
}
