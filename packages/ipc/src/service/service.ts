/**
 * The segment of a service: its sizes, its lanes, and who answers.
 *
 * @module
 */

import { SECTION } from "@isthmus/core/internal";
import { CAPACITY_BYTES_MAX, SENDERS_MAX } from "../flow/lane-options.ts";
import { type LanedHeader, LanedSegment, SPARE_PLACES } from "../flow/laned-segment.ts";
import { latencySection, travelTimesIn } from "../flow/latency-section.ts";
import { MODES } from "../flow/record-layout.ts";
import { bits, type ChannelSchema } from "../flow/record-schema.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { schemaSections } from "../segment/schema-section.ts";
import type { OpenVerb } from "../segment/segment.ts";
import type { SectionSpec } from "../segment/segment-spec.ts";
import { fingerprintOfTexts } from "../struct/schema-texts.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import type { SharedWords } from "../words.ts";
import {
  laneCellOf,
  REQUEST_CELL,
  RESPONDER_CELL,
  ROOM_CELL,
  SERVICE,
  SERVICE_CELL_COUNT,
  SERVICE_LANE,
  SERVICE_LANES,
} from "./service-layout.ts";
import {
  checkServiceOptions,
  SERVICE_RING_BYTES_MIN,
  type ServiceGeometry,
  type ServiceOptions,
  type ServiceShape,
} from "./service-options.ts";

/** One ring of a lane: where its counters begin (a word) and its bytes (in the segment). */
export interface RingPlace {
  readonly base: number;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** A service that this process has joined. */
export class Service extends LanedSegment {
  readonly shape: ServiceShape;
  readonly geometry: ServiceGeometry;
  /** Woken when there are requests. */
  readonly requests: WaitCell;
  /** Woken when there is room for replies, or nobody left who would want them. */
  readonly room: WaitCell;

  /**
   * Creates or opens a service.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says.
   * @throws {CorruptSegmentError} When the name is something else, or was made with other schemas.
   */
  constructor(
    verb: OpenVerb,
    name: string,
    options: ServiceOptions<ChannelSchema, ChannelSchema>,
    role: "requester" | "responder",
  ) {
    const { shape, geometry, isTimed, isPersistent } = checkServiceOptions(options);
    super(verb, {
      name,
      kind: "service",
      table: SERVICE_LANES,
      places: { count: geometry.laneCount + SPARE_PLACES, limitName: "maxRequesters" },
      laneCount: geometry.laneCount,
      laneBytes: geometry.laneBytes,
      cellCount: SERVICE_CELL_COUNT,
      placeCell: RESPONDER_CELL,
      moreSections: [...schemasOf(shape), ...(isTimed ? [latencySection(geometry.laneCount)] : [])],
      fingerprint: bits(fingerprintOfTexts(shape.request.text, shape.response.text)),
      schemaTexts: [shape.request.text, shape.response.text],
      isPersistent,
      role,
      init: (words, base) => writeGeometry(words, base, shape, geometry),
      free: ({ words, base }, slot) => freeResponder(words, base, slot),
    });
    this.shape = shape;
    this.geometry = this.adopt((header) => readGeometry(header, shape));
    this.requests = this.segment.cell(REQUEST_CELL);
    this.room = this.segment.cell(ROOM_CELL);
  }

  /** The cell at which a lane's requester waits. */
  laneCell(lane: number): WaitCell {
    return this.segment.cell(laneCellOf(lane));
  }

  /** Where a lane's requester counts how long its requests took; undefined when they are not measured. */
  timesOf(lane: number): TravelTimes | undefined {
    const { memory } = this.segment;
    return memory.has(SECTION.latency) ? travelTimesIn(memory, lane) : undefined;
  }

  /** The term of the responder that is there; 0: nobody is. */
  get serving(): number {
    return this.words.load(this.base + SERVICE.serving);
  }

  /** The participant slot of the responder; -1: nobody is there. */
  get responderSlot(): number {
    return (this.words.load(this.base + SERVICE.responder) >>> 0) - 1;
  }

  /** Begins the term of this handle, which has taken the responder's place. */
  beginTerm(): number {
    const word = this.base + SERVICE.lastTerm;
    const next = (this.words.add(word, 1) + 1) | 0;
    const term = next === 0 ? (this.words.add(word, 1) + 1) | 0 : next;
    this.words.store(this.base + SERVICE.serving, term);
    this.wakeRequesters();
    return term;
  }

  /** Ends the term of this handle: what it has not answered by now it never will. */
  endTerm(): void {
    freeResponder(this.words, this.base, this.segment.slot);
    this.wakeRequesters();
  }

  /** Wakes everybody who may wait for a responder, or for the answer of one that is gone. */
  wakeRequesters(): void {
    const laneCount = Math.min(this.laneCount, SERVICE_CELL_COUNT - laneCellOf(0));
    for (let lane = 0; lane < laneCount; lane++) this.laneCell(lane).wake();
  }

  /** The ring of a lane's requests. */
  requestRing(lane: number): RingPlace {
    return {
      base: this.laneWord(lane) + SERVICE_LANE.requests,
      offset: this.laneMemoryOffset(lane),
      lengthBytes: this.geometry.requestBytes,
    };
  }

  /** The ring of a lane's replies. */
  replyRing(lane: number): RingPlace {
    return {
      base: this.laneWord(lane) + SERVICE_LANE.replies,
      offset: this.laneMemoryOffset(lane) + this.geometry.requestBytes,
      lengthBytes: this.geometry.replyBytes,
    };
  }
}

/** What requests and responses are; nothing when neither is a struct. */
function schemasOf({ request, response }: ServiceShape): readonly SectionSpec[] {
  const isAnyStruct = request.struct !== undefined || response.struct !== undefined;
  return isAnyStruct ? schemaSections(request.text, response.text) : [];
}

/** Frees the responder's place. `serving` first: a place that is free is nobody's to serve from. */
function freeResponder(words: SharedWords, base: number, slot: number): void {
  if (words.load(base + SERVICE.responder) !== slot + 1) return;
  words.store(base + SERVICE.serving, 0);
  words.compareExchange(base + SERVICE.responder, slot + 1, 0);
}

function writeGeometry(
  words: SharedWords,
  base: number,
  shape: ServiceShape,
  { laneCount, requestBytes, replyBytes, laneBytes }: ServiceGeometry,
): void {
  words.set(base + SERVICE.requestMode, MODES[shape.request.mode]);
  words.set(base + SERVICE.responseMode, MODES[shape.response.mode]);
  words.set(base + SERVICE.laneCount, laneCount);
  words.set(base + SERVICE.requestBytes, requestBytes);
  words.set(base + SERVICE.replyBytes, replyBytes);
  words.set(base + SERVICE.laneBytes, laneBytes);
}

/** Reads the sizes that the creator chose, and believes none that cannot be. */
function readGeometry(header: LanedHeader, shape: ServiceShape): ServiceGeometry {
  const { request, response } = shape;
  header.at(SERVICE.requestMode, "mode", (value) => value === MODES[request.mode]);
  header.at(SERVICE.responseMode, "mode", (value) => value === MODES[response.mode]);
  const isCount = (count: number): boolean => count >= 1 && count <= SENDERS_MAX;
  const laneCount = header.at(SERVICE.laneCount, "number of lanes", isCount);
  const isRing = (bytes: number): boolean =>
    bytes >= SERVICE_RING_BYTES_MIN &&
    bytes <= CAPACITY_BYTES_MAX * 2 &&
    Math.log2(bytes) % 1 === 0;
  const requestBytes = header.at(SERVICE.requestBytes, "ring size", isRing);
  const replyBytes = header.at(SERVICE.replyBytes, "ring size", isRing);
  const isLane = (bytes: number): boolean =>
    bytes >= requestBytes + replyBytes && bytes % 4096 === 0;
  const laneBytes = header.at(SERVICE.laneBytes, "lane size", isLane);
  return { laneCount, requestBytes, replyBytes, laneBytes };
}
