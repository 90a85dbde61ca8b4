/**
 * What an observer sees of a service.
 *
 * @module
 */
import type { Figures } from "../figures/figure.ts";
import type { Mode } from "../flow/record-layout.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { SERVICE_FIGURES } from "../service/service-figures.ts";
import type { ParticipantState } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";

/** Figures of one requester's lane, or of all of them together. */
export interface ServiceFlow extends Figures<typeof SERVICE_FIGURES.flow> {}

/** One requester's lane. What it counts goes on from one owner to the next. */
export interface ServiceRequesterInfo
  extends ServiceFlow,
    Figures<typeof SERVICE_FIGURES.requester> {
  /** Number of the lane. */
  readonly lane: number;
  /** Who asks on it; undefined when nobody does. One that is not alive died before it left. */
  readonly requester: ParticipantInfo | undefined;
  /** Stalled: replies have waited in its ring for a second or more. Undefined without a requester. */
  readonly state: ParticipantState | undefined;
  /** How long requests took from being made to being answered; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/** The answering end. */
export interface ServiceResponderInfo extends Figures<typeof SERVICE_FIGURES.responder> {
  /** Who answers; undefined when nobody does. One that is not alive died before it left. */
  readonly participant: ParticipantInfo | undefined;
  /** Stalled: requests have waited to be taken for a second or more. Undefined without a responder. */
  readonly state: ParticipantState | undefined;
}

/** A service at one moment: its own figures, and those of its lanes together; `fill` is that of the fullest ring. */
export interface ServiceInfo
  extends ServiceFlow,
    Figures<typeof SERVICE_FIGURES.segment>,
    Pick<Figures<typeof SERVICE_FIGURES.requester>, "fill"> {
  /** Requests of a struct, of raw bytes, or of JSON. */
  readonly requestMode: Mode;
  /** The same of responses. */
  readonly responseMode: Mode;
  /** The lanes that have ever had a requester. */
  readonly requesters: readonly ServiceRequesterInfo[];
  readonly responder: ServiceResponderInfo;
  /** How long the requests of all lanes took; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}
