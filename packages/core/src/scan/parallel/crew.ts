/**
 * The threads of a scan: Bun Workers, or the calling thread alone.
 *
 * @module
 */
import { closeSync } from "node:fs";
import { PeerDiedError } from "../../errors.ts";
import { mapView } from "../../map-pages.ts";
import type { Mapping } from "../../mapping.ts";
import { platform } from "../../native/platform.ts";
import { checkFaults, type ViewSource } from "../../view.ts";
import type { ReadPlace } from "../kernel/copy-bytes.ts";
import { readingCopier, readPlace } from "../read-place.ts";
import { keepWorker, takeWorker } from "./idle-workers.ts";
import { beginWork, type PieceWork, WORKS, type WorkPlan, type Works } from "./piece-work.ts";

/** A part of a map. */
export interface Piece {
  readonly from: number;
  /** End, exclusive. */
  readonly to: number;
  /** How far a match that begins in the piece may reach. */
  readonly reach: number;
}

/** A piece that is mapped, for whoever does it to dispose. */
export interface MappedPiece extends Piece {
  readonly mapping: Mapping;
  /** Where it can be read instead. */
  readonly place: ReadPlace | undefined;
}

/** Who does the pieces. Disposing ends those that are under way at once. */
export interface Crew extends Disposable {
  /** How many pieces are under way at a time. */
  readonly depth: number;
  /** Does a piece. */
  run(piece: MappedPiece): Promise<unknown>;
  /** What was kept until the end, by each thread. */
  finish(): Promise<readonly unknown[]>;
}

/** Maps a piece. */
export function mapPiece({ backing }: ViewSource, piece: Piece): MappedPiece {
  const { from, reach } = piece;
  backing.checkReaches(reach);
  const mapping = mapView(backing, from, reach - from, "read");
  const place = readPlace(mapping, backing, from);
  if (place === undefined) mapping.adviseReading(0, reach - from);
  return { ...piece, mapping, place };
}

/** The calling thread, whose event loop turns after every piece. */
export function soloCrew(source: ViewSource, plan: WorkPlan): Crew {
  const work = beginWork(plan);
  return {
    depth: 1,
    async run(piece) {
      await new Promise((resolve) => setImmediate(resolve));
      return runHere(source, work, piece);
    },
    finish: async () => [work.finish()],
    [Symbol.dispose]: () => undefined,
  };
}

/** Does a piece on the calling thread, and checks that what was seen of it was the file. */
export async function runHere(
  { backing }: ViewSource,
  work: PieceWork,
  { from, to, reach, mapping: mapped, place }: MappedPiece,
): Promise<unknown> {
  using mapping = mapped;
  const bytes = mapping.bytes(0, reach - from);
  const copy = readingCopier(bytes, place, backing, reach);
  const result = await work.run(bytes, to - from, from, copy);
  checkFaults(mapping, backing, from);
  return result;
}

/** A piece's way back from a Worker; without `mapping`, the end. */
interface Order {
  readonly answer: PromiseWithResolvers<unknown>;
  readonly mapping?: Mapping;
  readonly from: number;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
  /** The error's own code, which cloning loses. */
  readonly code?: unknown;
  readonly buffer?: ArrayBuffer;
}

/** Two for each Worker: one that it does and one that waits. */
const PIECES_PER_WORKER = 2;

/** Where the Workers' code is; made for the first of them, and kept because each reads it when it starts. */
let workerUrl: string | undefined;

/**
 * Workers: those that wait for a scan, and new ones.
 *
 * @param onFailure Told when a Worker ends, or throws outside of a piece.
 */
export function workerCrew(
  source: ViewSource,
  plan: WorkPlan,
  count: number,
  onFailure: (error: unknown) => void,
): Crew {
  workerUrl ??= URL.createObjectURL(new Blob([WORKER_TEXT], { type: "text/javascript" }));
  const url = workerUrl;
  // Of its own: that of the backing may be closed, and its number be another file's, while a Worker reads.
  const fd = platform().duplicate(source.backing.fd);
  const hands = Array.from({ length: count }, () => new Hand(source, fd, url, plan, onFailure));
  return {
    depth: count * PIECES_PER_WORKER,
    run: (piece) => hands.reduce((a, b) => (b.load < a.load ? b : a)).run(piece),
    finish: () => Promise.all(hands.map((hand) => hand.finish())),
    [Symbol.dispose]() {
      for (const hand of hands) hand.dispose();
      closeSync(fd);
    },
  };
}

/** One Worker, which is given the mappings of its pieces and gives them back. */
class Hand {
  readonly #source: ViewSource;
  readonly #fd: number;
  readonly #worker: Worker;
  readonly #orders = new Map<number, Order>();
  readonly #onEnd: () => void;
  /** Whether the Worker can do another scan: a module of the user's may have left anything behind. */
  readonly #isReusable: boolean;
  #nextId = 0;
  #isFinished = false;

  constructor(
    source: ViewSource,
    fd: number,
    url: string,
    plan: WorkPlan,
    onFailure: (error: unknown) => void,
  ) {
    this.#source = source;
    this.#fd = fd;
    this.#isReusable = !hasModule(plan);
    const worker = takeWorker(url);
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      onFailure(event.error ?? new Error(event.message));
    };
    this.#onEnd = () =>
      onFailure(
        new PeerDiedError("Cannot finish the scan: a worker of it has ended; start the scan anew"),
      );
    worker.addEventListener("close", this.#onEnd);
    worker.postMessage({ plan });
  }

  /** How many pieces it has. */
  get load(): number {
    return this.#orders.size;
  }

  run({ from, to, reach, mapping, place }: MappedPiece): Promise<unknown> {
    const { buffer, byteOffset } = mapping.bytes(0, reach - from);
    const order = { answer: Promise.withResolvers<unknown>(), mapping, from };
    const bytes = { buffer, byteOffset, byteLength: reach - from };
    const ownPlace = place && { ...place, fd: this.#fd };
    const task = { ...bytes, length: to - from, offset: from, place: ownPlace };
    return this.#order(order, task, [buffer]);
  }

  async finish(): Promise<unknown> {
    const kept = await this.#order({ answer: Promise.withResolvers<unknown>(), from: 0 }, {}, []);
    this.#isFinished = true;
    return kept;
  }

  #order(order: Order, task: object, transfer: ArrayBuffer[]): Promise<unknown> {
    const id = this.#nextId++;
    this.#orders.set(id, order);
    this.#worker.postMessage({ id, ...task }, transfer);
    return order.answer.promise;
  }

  #take({ id, result, error, code, buffer }: Reply): void {
    const order = this.#orders.get(id);
    if (order === undefined) return;
    this.#orders.delete(id);
    const { answer, mapping, from } = order;
    try {
      if (mapping !== undefined) checkFaults(mapping, this.#source.backing, from);
      if (error === undefined) answer.resolve(result);
      // A DOMException keeps its code, and cannot be given one.
      else if ((error as Error & { code?: unknown }).code === code) answer.reject(error);
      else answer.reject(Object.assign(error as Error, { code }));
    } catch (fault) {
      answer.reject(fault);
    } finally {
      // The memory goes first: a mapping whose buffer was transferred leaves it to the buffer.
      buffer?.transfer(0);
      mapping?.dispose();
    }
  }

  dispose(): void {
    const worker = this.#worker;
    worker.onmessage = null;
    worker.onerror = null;
    worker.removeEventListener("close", this.#onEnd);
    if (this.#isFinished && this.#isReusable) keepWorker(worker);
    else worker.terminate();
    // Their buffers are in the Worker, which releases them when its thread has ended.
    for (const { mapping } of this.#orders.values()) mapping?.dispose();
    this.#orders.clear();
  }
}

function hasModule({ work, parts = [] }: WorkPlan): boolean {
  return work === "module" || parts.some(hasModule);
}

/** What a Worker runs, given {@link WORKS}; like those, it may use nothing else. */
function workerMain(works: Works): void {
  let work: PieceWork | undefined;
  const thread = globalThis as unknown as {
    onmessage: (event: MessageEvent) => void;
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  };
  const { readSync } = process.getBuiltinModule("node:fs");
  type Kernels = { readonly kind: "kernel" | "find"; readonly exports: object };
  let busy: Kernels[] = [];
  let free: readonly Kernels[] = [];
  /** Starting kernels, and touching their memory for the first time, takes as long as looking at 30 MB. */
  const start: Works["start"] = (kind, module) => {
    const found = free.find((each) => each.kind === kind) ?? {
      kind,
      exports: works.start(kind, module),
    };
    free = free.filter((each) => each !== found);
    busy.push(found);
    return found.exports;
  };
  thread.onmessage = async ({ data }) => {
    const { plan, id, buffer, byteOffset, byteLength, length, offset, place } = data;
    const transfer = buffer === undefined ? [] : [buffer];
    try {
      if (plan !== undefined) {
        work = works[(plan as WorkPlan).work](plan, { ...works, start });
        return;
      }
      const bytes = buffer && new Uint8Array(buffer, byteOffset, byteLength);
      const copy = bytes && works.copier(bytes, place, readSync);
      const begun = work as PieceWork;
      const result = bytes ? await begun.run(bytes, length, offset, copy) : begun.finish();
      if (!bytes) {
        work = undefined;
        free = [...free, ...busy];
        busy = [];
      }
      thread.postMessage({ id, result, buffer }, transfer);
    } catch (error) {
      const { message = String(error), code } = (error ?? {}) as {
        message?: string;
        code?: unknown;
      };
      try {
        thread.postMessage({ id, error: error ?? new Error(message), code, buffer }, transfer);
      } catch {
        // Not everything that is thrown can be cloned, and what was to be transferred is still here.
        thread.postMessage({ id, error: new Error(message), code: undefined, buffer }, transfer);
      }
    }
  };
}

const WORKS_TEXT = Object.entries(WORKS).map(([name, work]) => `${name}: ${work}`);
const WORKER_TEXT = `(${workerMain})({ ${WORKS_TEXT.join(", ")} });`;
