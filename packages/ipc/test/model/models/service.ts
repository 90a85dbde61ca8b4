/**
 * Requests and replies: one lane, its owners one after the other, and responders one after the other.
 *
 * ```text
 *   0   which participants live, and who clears up after whom: the kernel's locks
 *   8   section "state": the service, its one lane
 *   …   the lane's ring of requests, its ring of replies
 * ```
 *
 * A request is a number, and its answer is `ANSWER` more. Requesters count their requests from the same number, as two
 * of them may by chance, so that nothing but generations and terms tells them apart. How lanes are claimed, that nobody
 * is left asleep, and that one at a time clears up after the dead, other models show.
 *
 * @module
 */
import { join } from "node:path";
import { LANE } from "../../../src/ring/lane-layout.ts";
import {
  SERVICE,
  SERVICE_HEADER_BYTES,
  SERVICE_LANE,
  SERVICE_LANE_BYTES,
} from "../../../src/service/service-layout.ts";
import type { Actor, ActorSpec, Model, Verdict, World } from "../checker/model.ts";
import { loadSource, type Mistake } from "../checker/source.ts";
import { waitAs } from "./stand-ins/waiting.ts";
import type { Stretch } from "./stand-ins/word-records.ts";

/** The source under test. */
export type ServiceSource = typeof import("./stand-ins/service-entry.ts");

/** What a requester does: waits for each answer; gives the first request up at once and leaves, then asks anew. */
export type Asking = "waits" | "gives up once";
/** What a responder does: answers what comes; takes a request, and leaves without an answer. */
export type Answering = "answers" | "leaves";

/** Who takes part. */
export interface ServiceCast {
  readonly asks: Asking;
  /** Whether another one takes the lane when the first has died. */
  readonly hasHeir?: boolean;
  readonly answers: Answering;
  /** Whether there is another responder when the first has gone. */
  readonly hasNext?: boolean;
}

const STAND_INS = join(import.meta.dir, "stand-ins");

/** The module that is loaded, and what is loaded instead of other files. */
export const SERVICE_ENTRY: string = join(STAND_INS, "service-entry.ts");
/** See {@link SERVICE_ENTRY}. */
export const SERVICE_STAND_INS: Readonly<Record<string, string>> = {
  "wait/wait-for.ts": join(STAND_INS, "waiting.ts"),
  "wait/before-sleep.ts": join(STAND_INS, "waiting.ts"),
  "flow/record-codec.ts": join(STAND_INS, "word-records.ts"),
  "metrics/counters.ts": join(STAND_INS, "counters.ts"),
};

/** Loads the source beside its stand-ins. */
export function loadService(mistakes: readonly Mistake[] = []): Promise<ServiceSource> {
  return loadSource(SERVICE_ENTRY, { mistakes, standIns: SERVICE_STAND_INS });
}

/** The participants' slots. */
const SLOT = { asker: 0, heir: 1, responder: 2, next: 3 } as const;
const SLOTS = Object.keys(SLOT).length;
/** The slots of each actor, one life after the other. */
const LIVES: readonly (readonly number[])[] = [
  [SLOT.asker, SLOT.heir],
  [SLOT.responder, SLOT.next],
  [SLOT.next],
];
/** Words that say who clears up after a slot: 0 nobody, an actor + 1, or `REAPED`. */
const REAPERS = SLOTS;
const REAPED = -1;
const STATE = REAPERS + SLOTS;
const LANE_WORD = STATE + SERVICE_HEADER_BYTES / 4;
const RINGS = LANE_WORD + SERVICE_LANE_BYTES / 4;
const RING_BYTES = 64;
const WORD_COUNT = RINGS + (2 * RING_BYTES) / 4;
const OWNER = LANE_WORD + SERVICE_LANE.owner;
const RESPONDER = STATE + SERVICE.responder;
const SERVING = STATE + SERVICE.serving;

/** What an answer is more than its request. */
const ANSWER = 1000;

/** What actors note. */
interface Note {
  readonly asked?: number;
  readonly response?: unknown;
  readonly failed?: string;
  readonly handled?: number;
  readonly answered?: number;
  readonly leaves?: true;
}

/** The model. */
export function service(source: ServiceSource, cast: ServiceCast): Model {
  const heir: ActorSpec = { name: "heir", body: (actor) => ask(source, actor, SLOT.heir, "waits") };
  const next: ActorSpec = {
    name: "next responder",
    body: (actor) => answer(source, actor, SLOT.next, "answers"),
  };
  const actors: ActorSpec[] = [
    {
      name: "requester",
      body: (actor) => ask(source, actor, SLOT.asker, cast.asks),
      ...(cast.hasHeir === true ? { successor: heir } : {}),
    },
    {
      name: "responder",
      body: (actor) => answer(source, actor, SLOT.responder, cast.answers),
      ...(cast.hasNext === true && cast.answers === "answers" ? { successor: next } : {}),
    },
  ];
  if (cast.hasNext === true && cast.answers === "leaves") actors.push(next);
  return {
    name: `service, a requester that ${cast.asks}, a responder that ${cast.answers}`,
    wordCount: WORD_COUNT,
    init: (words) => {
      for (let slot = 0; slot < SLOTS; slot++) words.store(slot, 1);
    },
    actors,
    onDeath: releaseLocks,
    always: judge,
    atEnd: judgeEnd,
    nameOf,
  };
}

/** What the kernel does: the actor's life is over, and so is what it was clearing up. */
function releaseLocks(memory: Int32Array, actor: number): void {
  const lives = LIVES[actor] ?? [];
  const current = lives.find((slot) => memory[slot] === 1);
  if (current !== undefined) memory[current] = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (memory[REAPERS + slot] === actor + 1) memory[REAPERS + slot] = 0;
  }
}

/** Whether a slot belongs to a dead participant that nobody clears up after. */
function isDead(memory: Readonly<Int32Array>, slot: number): boolean {
  return memory[slot] === 0 && memory[REAPERS + slot] === 0;
}

type ModelService = InstanceType<ServiceSource["Service"]>;

/** A service in the memory of the model: the shipped methods, on words that are not in a file. */
function serviceOf({ Service }: ServiceSource, { words, call }: Actor, slot: number): ModelService {
  const me = LIVES.findIndex((slots) => slots.includes(slot));
  // Whoever clears up after a slot has its lock meanwhile.
  const isAlive = (other: number): boolean =>
    call(
      `ask whether slot ${other} lives`,
      (memory) => memory[REAPERS + other] !== REAPED && !isDead(memory, other),
    );
  const tryReap = (other: number): boolean =>
    call(`begin to clear up after slot ${other}`, (memory) => {
      if (!isDead(memory, other)) return false;
      memory[REAPERS + other] = me + 1;
      return true;
    });
  const participants = {
    slotCount: SLOTS,
    isAlive,
    list: () => [],
    at: () => undefined,
    bellOf: () => 0,
  };
  const cell = { wake: () => {}, isAwaited: true };
  const own = {
    words,
    base: STATE,
    name: "modelled",
    laneCount: 0, // whose cells would be woken
    shape: { request: { mode: "bytes" }, response: { mode: "bytes" } },
    geometry: { requestBytes: RING_BYTES, replyBytes: RING_BYTES },
    requests: cell,
    room: cell,
    laneWord: () => LANE_WORD,
    laneOffset: () => LANE_WORD * 4,
    laneMemoryOffset: () => RINGS * 4,
    laneCell: () => cell,
    segment: {
      slot,
      participants,
      isOfThisThread: () => false,
      reclaim: () => false, // nobody forgets a handle here
      memory: {
        has: () => false, // no times are measured
        mapping: { bytesApart: (offset: number): Stretch => ({ words, offset }) },
      },
    },
    /** Frees the place of a responder that has died, by the shipped steps. */
    reapSlot: (dead: number): boolean => {
      if (dead === slot || !tryReap(dead)) return false;
      Object.create(made, { segment: { value: { slot: dead } } }).endTerm();
      call(`have cleared up after slot ${dead}`, (memory) => {
        memory[REAPERS + dead] = REAPED;
        return undefined;
      });
      return true;
    },
    reapDead: () => {
      for (const dead of [SLOT.responder, SLOT.next]) made.reapSlot(dead);
    },
  };
  const made = Object.create(Service.prototype, Object.getOwnPropertyDescriptors(own));
  return made as ModelService;
}

function ask(source: ServiceSource, actor: Actor, slot: number, asking: Asking): void {
  const record = slot + 1;
  if (asking === "gives up once")
    askOnce(source, actor, slot, { record: record + 10, isImpatient: true });
  askOnce(source, actor, slot, { record, isImpatient: false });
}

/** Takes the lane, asks, and gives the lane back. */
function askOnce(
  source: ServiceSource,
  actor: Actor,
  slot: number,
  { record, isImpatient }: { readonly record: number; readonly isImpatient: boolean },
): void {
  const { words, report } = actor;
  waitAs({ actor, watched: SERVING, isImpatient, isWorthALook: hasNews });
  actor.call("take the lane", (memory) => {
    memory[OWNER] = slot + 1;
    return undefined;
  });
  report({ asked: record } satisfies Note);
  const lane = new source.RequestLane(serviceOf(source, actor, slot), 0, false);
  try {
    report({ response: lane.requestSync(record, Infinity, 0) } satisfies Note);
  } catch (error) {
    const { code = String(error) } = error as { readonly code?: string };
    report({ failed: code } satisfies Note);
  }
  lane.close();
  words.store(OWNER, 0);
}

/** Whether a requester can find something that it has not found: a reply, or that its responder is dead. */
function hasNews(memory: Readonly<Int32Array>): boolean {
  const replies = LANE_WORD + SERVICE_LANE.replies;
  if (memory[replies + LANE.tail] !== memory[replies + LANE.head]) return true;
  const owner = memory[RESPONDER] ?? 0;
  return memory[SERVING] !== 0 && owner > 0 && isDead(memory, owner - 1);
}

function answer(source: ServiceSource, actor: Actor, slot: number, answering: Answering): void {
  waitAs({ actor, watched: SERVING, isImpatient: false, isWorthALook: () => false });
  const { report } = actor;
  const own = serviceOf(source, actor, slot);
  takePlace(source, actor, own);
  const lane = new source.AnswerLane(own, 0, own.beginTerm());
  for (;;) {
    if (!lane.take()) {
      lane.reader.release();
      actor.call("for requests", () => undefined, { guard: hasRequests });
      continue;
    }
    if (answering === "leaves") break;
    const { id, generation } = lane.reader;
    const record = lane.reader.decode() as number;
    report({ handled: record } satisfies Note);
    lane.answer({ id, generation }, record + ANSWER);
    lane.writer.flush();
    report({ answered: record } satisfies Note);
    lane.reader.release();
  }
  lane.reader.release();
  report({ leaves: true } satisfies Note);
  own.endTerm();
}

/** Takes the responder's place, as soon as it is free or its owner is dead. */
function takePlace({ takeSolePlace }: ServiceSource, actor: Actor, own: ModelService): void {
  for (;;) {
    try {
      takeSolePlace(own, { word: SERVICE.responder, verb: "answer", what: "responder" });
      return;
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "EBUSY") throw error;
    }
    actor.call("for the place", () => undefined, {
      guard: (memory) => {
        const owner = memory[RESPONDER] ?? 0;
        return owner === 0 || memory[REAPERS + owner - 1] === REAPED || isDead(memory, owner - 1);
      },
    });
  }
}

function hasRequests(memory: Readonly<Int32Array>): boolean {
  const requests = LANE_WORD + SERVICE_LANE.requests;
  return memory[requests + LANE.tail] !== memory[requests + LANE.head];
}

/** Every request gets its own answer or a reason, and is handled once at most. */
function judge({ actors }: World): Verdict {
  const lives = actors.flatMap(({ reports, pastReports }) => [...pastReports, reports]);
  const notes = lives.map((life) => life as readonly Note[]);
  const all = notes.flat();
  const handled = all.flatMap((note) => note.handled ?? []);
  for (const record of handled) {
    if (handled.filter((other) => other === record).length > 1) {
      return `request ${record} was handled twice`;
    }
  }
  const isAnyGone = all.some((note) => note.leaves) || (actors[1]?.pastReports.length ?? 0) > 0;
  const isFirstDead = actors[1]?.status === "dead";
  const answered = new Set(all.flatMap((note) => note.answered ?? []));
  for (const life of notes) {
    let asked = 0;
    for (const note of life) {
      asked = note.asked ?? asked;
      if (note.response !== undefined && note.response !== asked + ANSWER) {
        return `request ${asked} got the answer ${note.response}`;
      }
      if (note.failed === "ERR_PEER_DIED" && !isAnyGone && !isFirstDead) {
        return `request ${asked} was rejected although no responder has gone`;
      }
      if (note.failed === "ERR_PEER_DIED" && answered.has(asked)) {
        return `request ${asked} was answered, and rejected all the same`;
      }
      if (note.failed !== undefined && !["ERR_PEER_DIED", "ETIMEDOUT"].includes(note.failed)) {
        return `request ${asked} failed by ${note.failed}`;
      }
    }
  }
  return undefined;
}

/** Nobody waits for an answer who has been answered, or whose responder is gone. */
function judgeEnd(world: World): Verdict {
  const { actors, memory } = world;
  const requester = actors[0];
  if (requester?.status !== "blocked") return undefined;
  const owner = memory[RESPONDER] ?? 0;
  const isServed = owner > 0 && memory[owner - 1] === 1;
  return isServed || hasNews(memory)
    ? `the ${requester.name} waits ${requester.blockedIn} for ever`
    : undefined;
}

function nameOf(index: number): string {
  if (index < REAPERS) return `slot ${index} lives`;
  if (index < STATE) return `reaper of slot ${index - REAPERS}`;
  if (index < LANE_WORD) {
    const [name] = Object.entries(SERVICE).find(([, at]) => STATE + at === index) ?? [
      index - STATE,
    ];
    return `${name}`;
  }
  if (index < RINGS) {
    const word = index - LANE_WORD;
    const [own] =
      Object.entries(SERVICE_LANE).find(([, at]) => at >= SERVICE_LANE.owner && at === word) ?? [];
    if (own !== undefined) return own;
    const ring = word < SERVICE_LANE.replies ? "requests" : "replies";
    const [field] = Object.entries(LANE).find(([, at]) => at === word % SERVICE_LANE.replies) ?? [
      word,
    ];
    return `${ring} ${field}`;
  }
  const at = index - RINGS;
  const ring = at < RING_BYTES / 4 ? "request" : "reply";
  return `${ring} ring [${at % (RING_BYTES / 4)}]`;
}
