/**
 * One lane as the responder sees it: requests out of it, replies into it.
 *
 * @module
 */
import { refuseAsync } from "@isthmus/core/internal";
import { codecOf, type PlaceReader, type RecordCodec, RecordMemory } from "../flow/record-codec.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import type { SharedWords } from "../words.ts";
import { encodeError } from "./error-body.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import type { Service } from "./service.ts";
import { OUTCOME, SERVICE_COUNTERS, SERVICE_LANE } from "./service-layout.ts";

/** Which request a reply is for. */
export interface RequestMark {
  readonly id: number;
  readonly generation: number;
}

/** Answers a request in place: fills the place, or returns what is to be sent. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Responder.poll.
export type AnswerInPlace = (request: any, place: any) => unknown;

/** A reply for which there was no room. */
interface BlockedReply extends RequestMark {
  readonly outcome: number;
  readonly body: Uint8Array;
}

/** Requests and replies of one requester. */
export class AnswerLane {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  readonly #words: SharedWords;
  readonly #word: number;
  readonly #term: number;
  readonly #cell: WaitCell;
  readonly #isJson: boolean;
  readonly #sizeBytes: number | undefined;
  /** Structs are answered in place: in the ring, or aside when that has no room. */
  readonly #places: PlaceReader | undefined;
  readonly #aside: { readonly memory: RecordMemory; readonly places: PlaceReader } | undefined;
  readonly #codec: RecordCodec;
  #blocked: BlockedReply[] = [];

  constructor(service: Service, lane: number, term: number) {
    const offset = service.laneOffset(lane);
    const { request, response } = service.shape;
    this.#words = service.words;
    this.#word = service.laneWord(lane);
    this.#term = term;
    this.#cell = service.laneCell(lane);
    this.#isJson = response.mode === "json";
    this.#codec = codecOf(response, "response");
    this.reader = new MessageReader(
      service,
      service.requestRing(lane),
      offset + SERVICE_COUNTERS.taken,
      codecOf(request, "request"),
    );
    this.writer = new MessageWriter({
      service,
      place: service.replyRing(lane),
      countersOffset: offset + SERVICE_COUNTERS.answered,
      codec: this.#codec,
      cell: this.#cell,
    });
    this.#sizeBytes = this.#codec.sizeBytes;
    if (this.#sizeBytes === undefined) return;
    const memory = new RecordMemory(new Uint8Array(this.#sizeBytes));
    this.#places = this.writer.places();
    this.#aside = { memory, places: this.#codec.places(memory, "readWrite") };
  }

  /** The participant slot of the requester; -1 when nobody has the lane. */
  get ownerSlot(): number {
    return (this.#words.load(this.#word + SERVICE_LANE.owner) >>> 0) - 1;
  }

  /** Replies that wait for room. Nothing more is taken meanwhile, so that there cannot be many. */
  get blockedCount(): number {
    return this.#blocked.length;
  }

  /** Goes to the next request that is for this responder; those for others are skipped. */
  take(): boolean {
    const { reader } = this;
    while (reader.next()) {
      if (reader.detail === this.#term && this.#isCurrent(reader.generation)) return true;
      reader.counters.add("drops", 1);
    }
    return false;
  }

  /** Answers a request with a record, or with the error of one that cannot be sent. */
  answer(mark: RequestMark, response: unknown): void {
    // A handler that returns nothing answers null, where that can be said.
    const record = response === undefined && this.#isJson ? null : response;
    if (!this.#isWanted(mark)) return;
    try {
      const { id, generation } = mark;
      const isFirst = this.#blocked.length === 0;
      if (isFirst && this.writer.write(id, generation, OUTCOME.value, record)) return;
      this.#block(mark, OUTCOME.value, this.writer.pack(record));
    } catch (error) {
      this.fail(mark, error);
    }
  }

  /** Answers a request with an error. */
  fail(mark: RequestMark, thrown: unknown): void {
    // Getters of a response may have disposed the responder.
    if (this.writer.isClosed || !this.#isWanted(mark)) return;
    this.writer.counters.add("errors", 1);
    const body = encodeError(thrown, this.writer.bodyBytesMax);
    const { id, generation } = mark;
    const isFirst = this.#blocked.length === 0;
    if (isFirst && this.writer.writeBody(id, generation, OUTCOME.error, body)) return;
    this.#block(mark, OUTCOME.error, body);
  }

  /** Lets a handler read the request that was taken, and write its answer, in place. */
  answerInPlace(handler: AnswerInPlace): void {
    const { id, generation } = this.reader;
    const mark = { id, generation };
    const size = this.#sizeBytes;
    try {
      const request = this.reader.inPlace();
      if (size === undefined)
        this.answer(mark, refuseAsync(handler(request, undefined), "handler", "serve"));
      else this.#answerStruct(mark, size, request, handler);
    } catch (error) {
      this.fail(mark, error);
    }
  }

  /** Sends the replies that wait for room, or drops those that nobody wants any more; false when some still wait. */
  unblock(): boolean {
    let sent = 0;
    for (const reply of this.#blocked) {
      const { id, generation, outcome, body } = reply;
      if (this.#isWanted(reply) && !this.writer.writeBody(id, generation, outcome, body)) break;
      sent++;
    }
    this.#blocked = this.#blocked.slice(sent);
    this.writer.flush();
    return this.#blocked.length === 0;
  }

  /** Gives back the room of the requests that were taken, to whoever waits for it. */
  release(): void {
    const isReleased = this.reader.release();
    if (isReleased && this.#words.load(this.#word + SERVICE_LANE.wantsRoom) !== 0) {
      this.#cell.wake();
    }
  }

  #answerStruct(mark: RequestMark, size: number, request: unknown, handler: AnswerInPlace): void {
    const { writer } = this;
    const { id, generation } = mark;
    const offset = writer.claimPlace(id, generation, OUTCOME.value, size);
    if (offset < 0) {
      this.#answerAside(mark, size, request, handler);
      return;
    }
    const response = refuseAsync(
      handler(request, this.#places?.at(offset, size)),
      "handler",
      "serve",
    );
    if (response !== undefined) writer.encodeAt(offset, response);
    if (this.#isWanted(mark)) writer.commitPlace(size);
  }

  #answerAside(mark: RequestMark, size: number, request: unknown, handler: AnswerInPlace): void {
    const { memory, places } = this.#aside ?? {};
    if (memory === undefined || places === undefined) return;
    const response = refuseAsync(handler(request, places.at(0, size)), "handler", "serve");
    if (response !== undefined) this.#codec.encode(memory, 0, response);
    this.#block(mark, OUTCOME.value, new Uint8Array(memory.bytes));
  }

  #block({ id, generation }: RequestMark, outcome: number, body: Uint8Array): void {
    if (this.#blocked.length === 0) this.writer.counters.add("waits", 1);
    this.#blocked.push({ id, generation, outcome, body });
  }

  /** Whether the requester of a request still has the lane; counts a reply that nobody will read. */
  #isWanted({ generation }: RequestMark): boolean {
    if (this.#isCurrent(generation)) return true;
    this.writer.counters.add("drops", 1);
    return false;
  }

  #isCurrent(generation: number): boolean {
    const words = this.#words;
    const isOwned = words.load(this.#word + SERVICE_LANE.owner) !== 0;
    return isOwned && words.load(this.#word + SERVICE_LANE.generation) === generation;
  }
}
