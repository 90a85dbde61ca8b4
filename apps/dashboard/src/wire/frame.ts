/**
 * What flows from the server to the page, and what `/api/snapshot` answers. Field names are a contract: units last,
 * `null` for what a segment does not have or cannot be known yet. Imports nothing.
 *
 * @module
 */

/** How a participant is doing. `waiting`: for room in its full ring. `stalled`: records wait, and it takes none. */
export type ParticipantState = "live" | "idle" | "waiting" | "stalled" | "dead";

/** Somebody who has joined a segment. */
export interface ParticipantFrame {
  /** The place in the segment. With `generation` it names one life of one participant. */
  readonly slot: number;
  readonly generation: number;
  readonly pid: number;
  readonly name: string;
  readonly role: string;
  readonly state: ParticipantState;
  readonly joined_at_ms: number;
  /** Up to where it has published or consumed; `null` for a role without a position. */
  readonly position: number | null;
  /** Records between it and its counterpart. */
  readonly lag: number | null;
  readonly records_per_second: number | null;
  /** For how long it has waited for room in its full ring, in milliseconds; `null` while it does not wait. */
  readonly waiting_ms: number | null;
  /** What publishers overwrote before it read it: of a subscriber that they do not wait for; else `null`. */
  readonly lapped: LappedFrame | null;
  /** What it has of what there is to have, as `2 permits`; `null` where it has nothing. */
  readonly holds: string | null;
}

/** How far a subscriber is behind publishers that do not wait for it. */
export interface LappedFrame {
  /** Records that were overwritten before it read them. */
  readonly lost: number;
  readonly lost_per_second: number | null;
  /** The distance to the newest record, as a part of the ring: at 1 the oldest record is overwritten. */
  readonly distance: number;
}

/** Who waits at a wait cell. */
export interface WaitFrame {
  readonly cell: number;
  /** Slots of the participants that wait in their event loops. */
  readonly slots: readonly number[];
  /** Whether a thread sleeps there; nobody knows which, and it may have died asleep. */
  readonly has_sleepers: boolean;
}

/** How long records took, over the last second or so. */
export interface LatencyFrame {
  readonly count: number;
  readonly latency_ns_p50: number;
  readonly latency_ns_p90: number;
  readonly latency_ns_p99: number;
  readonly latency_ns_max: number;
}

/** One producer's lane. */
export interface LaneFrame {
  readonly lane: number;
  /** The producer's process; `null` while the lane has none. */
  readonly pid: number | null;
  readonly records_per_second: number | null;
  readonly lag: number;
  readonly fill: number;
}

/** Records that pass through a segment. */
export interface FlowFrame {
  readonly mode: string;
  /** Room for one producer's records. */
  readonly capacity_bytes: number;
  /** Bytes of a record of a struct; 0 for records of any length. */
  readonly record_bytes: number;
  readonly records: number;
  readonly bytes: number;
  readonly consumed: number;
  readonly records_per_second: number | null;
  readonly bytes_per_second: number | null;
  readonly consumed_per_second: number | null;
  /** Records that were published and not consumed. */
  readonly lag: number;
  /** How full the fullest lane is, 0 to 1. */
  readonly fill: number;
  /** Records that were refused because there was no room. */
  readonly drops: number;
  readonly drops_per_second: number | null;
  /** Waits of producers for room. */
  readonly full_waits: number;
  readonly full_waits_per_second: number | null;
  /** Waits of the consumer for records. */
  readonly empty_waits: number;
  readonly corruptions: number;
  /** When something was last consumed, in milliseconds since 1970, roughly; 0: never. */
  readonly consumed_at_ms: number;
  /** Whether the channel measures how long records take. */
  readonly has_latency: boolean;
  /** `null` also while nothing was consumed. */
  readonly latency: LatencyFrame | null;
  readonly lanes: readonly LaneFrame[];
}

/** A job that somebody works on. */
export interface JobFrame {
  readonly id: number;
  /** How often it has been taken, this time included. */
  readonly attempt: number;
  readonly priority: number;
  /** For how long it has been worked on, in milliseconds. */
  readonly for_ms: number;
  /** The place of its worker; `null` when that has ended and the job has not been given back yet. */
  readonly slot: number | null;
}

/** What a work queue has besides what flows through it; how many jobs there are of each sort is in `figures`. */
export interface QueueFrame {
  readonly paused: boolean;
  /** How often a job is taken at most; `null`: as often as need be. */
  readonly max_attempts: number | null;
  /** How long a job may be worked on, in milliseconds; `null`: as long as its worker lives. */
  readonly lease_ms: number | null;
  /** The jobs that are worked on, longest first; of very many, the first ones. */
  readonly jobs: readonly JobFrame[];
  /** How many more are worked on than `jobs` has: of a worker without a job there, nobody can say that it is idle. */
  readonly unlisted: number;
  /** Whether jobs have been ready for a second, nothing is paused, and nobody has taken one. */
  readonly stands_still: boolean;
}

/** Somebody who follows a journal. */
export interface FollowerFrame {
  /** Its place among the participants. */
  readonly slot: number;
  readonly pid: number;
  /** What it is called; empty for one without a name. */
  readonly name: string;
  /** Sequence of the last record that it is done with. */
  readonly position: number;
  /** Records that it still has before it. */
  readonly lag: number;
}

/** What a journal has besides its figures. */
export interface JournalFrame {
  /** Its directory. */
  readonly path: string;
  readonly followers: readonly FollowerFrame[];
}

/** One end of a bridge. */
export interface BridgeEndFrame {
  /** The place of who works on it among the participants. */
  readonly slot: number;
  readonly pid: number;
  /** `in` or `out`. */
  readonly direction: string;
  /** The kind of what it carries. */
  readonly source: string;
  readonly server: string;
  /** Whether there is no connection to the server. */
  readonly away: boolean;
  /** Whether there is no room in the stream, or here. */
  readonly full: boolean;
  /** For how long it has been away or full, in milliseconds; `null` when it goes on. */
  readonly halted_ms: number | null;
  /** Whether it has stopped for good. */
  readonly stopped: boolean;
  /** Why it is away, full or stopped; empty when it goes on. */
  readonly reason: string;
  readonly records: number;
  /** Records that are still to be carried. */
  readonly lag: number;
  readonly in_flight: number;
  readonly spilled_bytes: number;
  /** When it last carried something, in milliseconds since 1970; 0: never. */
  readonly last_activity_ms: number;
}

/** What a bridge has besides its figures. */
export interface BridgeFrame {
  /** The name of what it carries. */
  readonly target: string;
  readonly ends: readonly BridgeEndFrame[];
}

/** The mutex of a segment. */
export interface LockFrame {
  readonly owner_pid: number | null;
  readonly owner_name: string | null;
  readonly owner_alive: boolean | null;
  readonly owned_since_ms: number | null;
  readonly acquisitions: number;
  readonly contentions: number;
  readonly recoveries: number;
  readonly acquisitions_per_second: number | null;
  readonly contentions_per_second: number | null;
}

/** A segment at one moment. */
export interface SegmentFrame {
  readonly name: string;
  readonly kind: string;
  /** Whether anybody holds the name; `null` where the system cannot tell. */
  readonly held: boolean | null;
  readonly persistent: boolean;
  readonly total_bytes: number;
  readonly created_at_ms: number;
  /** Another one means that the name was made anew. */
  readonly epoch: string;
  readonly participants: readonly ParticipantFrame[];
  readonly flow: FlowFrame | null;
  readonly lock: LockFrame | null;
  readonly queue: QueueFrame | null;
  readonly journal: JournalFrame | null;
  readonly bridge: BridgeFrame | null;
  readonly wakes_per_second: number | null;
  /** The cells at which somebody waits. */
  readonly waits: readonly WaitFrame[];
  /** All figures of its kind, added up; `figures` of the `hello` says what each is. */
  readonly figures: Readonly<Record<string, number>>;
  /** How fast those of them grow that only grow, a second. */
  readonly rates: Readonly<Record<string, number>>;
  /** How long each thing took that is measured, over the last second or so; `null`: it did not happen. */
  readonly times: Readonly<Record<string, LatencyFrame | null>>;
  /** Why the file cannot be understood. */
  readonly error: string | null;
}

/** All segments together. */
export interface TotalFrame {
  readonly records_per_second: number | null;
  readonly consumed_per_second: number | null;
  readonly bytes_per_second: number | null;
  readonly drops_per_second: number | null;
  readonly drops: number;
  readonly lag: number;
  /** Of the fullest ring, 0 to 1; `null` where there is none. */
  readonly fill: number | null;
  readonly latency: LatencyFrame | null;
  readonly acquisitions_per_second: number | null;
  readonly contentions_per_second: number | null;
}

/** Something that a person should know. */
export interface Issue {
  readonly severity: "bad" | "warning";
  /** Empty when it concerns all of them. */
  readonly segment: string;
  /** A stable word for what it is. */
  readonly code: string;
  /** A sentence. */
  readonly message: string;
}

/** Everything in one moment. */
export interface Frame {
  readonly sampled_at_ms: number;
  readonly segments: readonly SegmentFrame[];
  readonly total: TotalFrame;
  /** The weightiest first. */
  readonly issues: readonly Issue[];
}
