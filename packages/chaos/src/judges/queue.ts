/**
 * Judges a work queue: every job that was added is done, or was a dead letter that somebody forgot; it is done once, and
 * taken again only when whoever had it gave it back or died; nobody else has it meanwhile, nor one with its key, and those
 * of one key come in order; it is not taken more often than it may be. Nothing is left at the end.
 *
 * With a lease a job may be at two workers at once and is written down late by the slower one: then it is only judged
 * whether each was done, and said to be done to one alone.
 *
 * @module
 */
import { EVENT, type EventLog, type Evidence, streamText } from "../evidence.ts";
import { planOf } from "../scenarios/job-plan.ts";
import { type Finding, Findings, findEvents, findLeaked, judgeByEpoch } from "./findings.ts";

/** What a queue promises. */
export interface QueuePromises {
  /** How often a job is taken at most. */
  readonly maxAttempts: number;
  /** Whether a job may be given to another worker although the first one lives. */
  readonly isLeased: boolean;
}

/** Judges a queue; see the module. */
export function judgeQueue(evidence: readonly Evidence[], promises: QueuePromises): Finding[] {
  return [
    ...judgeByEpoch(evidence, (ofEpoch) => new JobLedger(ofEpoch, promises).judge()),
    ...findEvents(evidence, EVENT.torn, "torn", "a job that was not whole, perhaps number"),
    ...findLeaked(evidence),
  ];
}

/** A job in somebody's hands: it was certainly held from one ticket to the other. */
interface Hold {
  readonly id: number;
  readonly attempt: number;
  readonly from: number;
  to: number;
}

/** An event that concerns a job. */
interface Happening {
  readonly id: number;
  readonly ticket: number;
}

/** All that is known of one job. */
interface Account {
  readonly stream: number;
  readonly sequence: number;
  readonly key: number;
  /** When it was about to be added, and when it had been; `Infinity` when it never was. */
  intended: number;
  acknowledged: number;
  readonly holds: Hold[];
  readonly ends: Happening[];
  readonly retries: Happening[];
  readonly burials: (Happening & { readonly attempts: number })[];
  /** Whether somebody was killed who was about to say that it is done. */
  isInDoubt: boolean;
}

/** Jobs of a stream, at most. */
const SEQUENCES_MAX = 2 ** 20;

/** The jobs of one epoch. */
class JobLedger {
  readonly #findings = new Findings();
  readonly #jobs = new Map<number, Account>();
  readonly #promises: QueuePromises;

  constructor(evidence: readonly Evidence[], promises: QueuePromises) {
    this.#promises = promises;
    for (const one of evidence) this.#readAdded(one.events());
    for (const one of evidence) this.#readDone(one);
  }

  judge(): Finding[] {
    const { isLeased } = this.#promises;
    for (const job of this.#jobs.values()) {
      this.#judgeEnd(job);
      this.#judgeAttempts(job);
      if (!isLeased) this.#judgeHolds(`job ${nameOf(job)}`, job.holds);
    }
    if (isLeased) return this.#findings.all;
    const keyed = [...this.#jobs.values()].filter(({ key }) => key > 0);
    for (const [key, jobs] of Map.groupBy(keyed, (job) => job.key)) {
      this.#judgeHolds(
        `key ${key}`,
        jobs.flatMap(({ holds }) => holds),
      );
      this.#judgeOrder(key, jobs);
    }
    return this.#findings.all;
  }

  #jobAt(stream: number, sequence: number): Account | undefined {
    return this.#jobs.get(stream * SEQUENCES_MAX + sequence);
  }

  #readAdded(log: EventLog): void {
    const acknowledged = new Map<number, number>();
    const intended = new Map<number, number>();
    for (let index = 0; index < log.length; index++) {
      const [stream, end, ticket] = [log.stream(index), log.value(index), log.ticket(index)];
      const code = log.code(index);
      if (code === EVENT.intended) {
        for (let sequence = intended.get(stream) ?? 0; sequence < end; sequence++) {
          this.#jobs.set(stream * SEQUENCES_MAX + sequence, {
            stream,
            sequence,
            key: planOf(stream, sequence).key,
            intended: ticket,
            acknowledged: Infinity,
            holds: [],
            ends: [],
            retries: [],
            burials: [],
            isInDoubt: false,
          });
        }
        intended.set(stream, Math.max(end, intended.get(stream) ?? 0));
      }
      if (code !== EVENT.acknowledged) continue;
      for (let sequence = acknowledged.get(stream) ?? 0; sequence < end; sequence++) {
        const job = this.#jobAt(stream, sequence);
        if (job !== undefined) job.acknowledged = ticket;
      }
      acknowledged.set(stream, Math.max(end, acknowledged.get(stream) ?? 0));
    }
  }

  #readDone({ id, events, isKilled, killTicket }: Evidence): void {
    const log = events();
    const findings = this.#findings;
    const holding = new Map<Account, Hold>();
    const ending = new Set<Account>();
    for (let index = 0; index < log.length; index++) {
      const code = log.code(index);
      const ticket = log.ticket(index);
      const [sequence, more] = [log.value(index), log.more(index)];
      if (code === EVENT.audited) this.#judgeAudit(id, sequence, more);
      if (!JOB_EVENTS.has(code)) continue;
      const job = this.#jobAt(log.stream(index), sequence);
      if (job === undefined) {
        const which = nameOf({ stream: log.stream(index), sequence });
        findings.report("torn", `job ${which}, made up`, 1, id);
        continue;
      }
      if (code === EVENT.taken) {
        const hold = { id, attempt: more, from: ticket, to: killTicket ?? Infinity };
        job.holds.push(hold);
        holding.set(job, hold);
      } else if (code === EVENT.giving) {
        const hold = holding.get(job);
        if (hold !== undefined) hold.to = Math.min(hold.to, ticket);
        holding.delete(job);
        if (more === 1) ending.add(job);
      } else if (code === EVENT.buried) job.burials.push({ id, ticket, attempts: more });
      else if (code === EVENT.retrying) job.retries.push({ id, ticket });
      else {
        ending.delete(job);
        if (code === EVENT.done) job.ends.push({ id, ticket });
        else if (!this.#promises.isLeased) {
          findings.report("torn", `job ${nameOf(job)}, taken from somebody who lived`, 1, id);
        }
      }
    }
    if (isKilled) for (const job of ending) job.isInDoubt = true;
  }

  #judgeAudit(id: number, left: number, corruptions: number): void {
    const findings = this.#findings;
    findings.report("leaked", "jobs, or their room, after all had ended", left, id);
    findings.report("torn", "impossible values in the queue", corruptions, id);
  }

  /** A job that was added has ended, and once; nobody gets it afterwards. */
  #judgeEnd(job: Account): void {
    const findings = this.#findings;
    const [first, ...again] = job.ends.toSorted((left, right) => left.ticket - right.ticket);
    for (const { id } of again) {
      findings.report("duplicated", `job ${nameOf(job)}, done twice`, 1, id);
    }
    if (first === undefined) {
      if (job.acknowledged === Infinity || job.isInDoubt) return;
      findings.report("lost", `job ${nameOf(job)}, which was added and never done`);
    } else if (!this.#promises.isLeased) {
      for (const { id, from } of job.holds) {
        if (from < first.ticket) continue;
        findings.report("duplicated", `job ${nameOf(job)}, taken after it was done`, 1, id);
      }
    }
  }

  /** Each take has counted, none is one too many, and nothing is a dead letter before. */
  #judgeAttempts(job: Account): void {
    const findings = this.#findings;
    const { maxAttempts } = this.#promises;
    const known = new Set<string>();
    for (const { id, attempt, from } of job.holds) {
      const lives = job.retries.filter(({ ticket }) => ticket < from).length;
      const name = `${lives} ${attempt}`;
      const what = `attempt ${attempt} of job ${nameOf(job)}`;
      if (known.has(name)) findings.report("duplicated", `${what}, twice`, 1, id);
      known.add(name);
      if (attempt >= 1 && attempt <= maxAttempts) continue;
      findings.report("duplicated", `${what}, one too many`, 1, id);
    }
    for (const { id, attempts, ticket } of job.burials) {
      // Whoever was killed who had it tried anew may have got as far as to forget its attempts.
      const isForgotten = attempts === 0 && job.retries.some((retry) => retry.ticket < ticket);
      if (attempts === maxAttempts || isForgotten) continue;
      const detail = `job ${nameOf(job)}, a dead letter after ${attempts} attempts`;
      findings.report(attempts < maxAttempts ? "lost" : "duplicated", detail, 1, id);
    }
  }

  /** No two of these are held at once. */
  #judgeHolds(what: string, holds: readonly Hold[]): void {
    let last: Hold | undefined;
    for (const hold of holds.toSorted((left, right) => left.from - right.from)) {
      // What it did between the nemesis's ticket and its death does not count.
      if (hold.to <= hold.from) continue;
      if (last !== undefined && hold.from < last.to) {
        const detail = `${what}, which participant ${last.id} still had`;
        this.#findings.report("torn", detail, 1, hold.id);
      }
      if (last === undefined || hold.to > last.to) last = hold;
    }
  }

  /** A job that had been added before another one of its key was begun to be added is not taken after that one. */
  #judgeOrder(key: number, jobs: readonly Account[]): void {
    const takes = jobs.flatMap((job) => job.holds.map((hold) => ({ job, hold })));
    takes.sort((left, right) => left.hold.from - right.hold.from);
    let latest: Account | undefined;
    for (const { job, hold } of takes) {
      // One that was tried anew goes behind all others.
      const isAnew = job.retries.some(({ ticket }) => ticket < hold.from);
      if (latest !== undefined && job.acknowledged < latest.intended && !isAnew) {
        const detail = `job ${nameOf(job)} after job ${nameOf(latest)}, both of key ${key}`;
        this.#findings.report("torn", detail, 1, hold.id);
      }
      if (latest === undefined || job.intended > latest.intended) latest = job;
    }
  }
}

/** Events that name a job. */
const JOB_EVENTS: ReadonlySet<number> = new Set([
  EVENT.taken,
  EVENT.giving,
  EVENT.done,
  EVENT.disowned,
  EVENT.buried,
  EVENT.retrying,
]);

function nameOf({ stream, sequence }: Pick<Account, "stream" | "sequence">): string {
  return `${sequence} of stream ${streamText(stream)}`;
}
