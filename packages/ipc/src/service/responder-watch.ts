/**
 * Who answers, as a requester sees it: whose term it is, and whether the responder still lives.
 *
 * @module
 */
import { PeerDiedError } from "@isthmus/core";
import { stateOf } from "../segment/in-the-way.ts";
import type { Participant } from "../segment/slot-record.ts";
import type { Watch } from "../wait/wait-for.ts";
import type { Service } from "./service.ts";

/**
 * How long a look at the kernel's lock counts as proof of life for those who begin to ask, in milliseconds: it costs
 * several times as much as all else of a request to a responder that polls.
 */
const PROOF_MS = 1;

/** Follows the responders of a service. */
export class ResponderWatch {
  readonly #service: Service;
  #term = 0;
  /** The responder of the term, for messages. */
  #name = "";
  /** Set when somebody thinks that the responder has died; the kernel's lock decides. */
  #isSuspect = false;
  /** When the lock was last looked at. */
  #lookedAt = 0;

  constructor(service: Service) {
    this.#service = service;
  }

  /** The term that requests are made for, as far as has been noted; 0: there is no responder. */
  get term(): number {
    return this.#term;
  }

  /** The responder of the term: " (process 7, server.ts)". */
  get name(): string {
    return this.#name;
  }

  /** How the responder is now: " and is stopped", or nothing when it runs or there is none. */
  get state(): string {
    const found = this.#term === 0 ? undefined : this.#find();
    return found === undefined ? "" : stateOf(found);
  }

  /** Asks for the responder's life to be looked into at the next `look`. */
  suspect(): void {
    this.#isSuspect = true;
  }

  /** The same, for who has not followed the responder's life for a while. */
  suspectIfUnproven(): void {
    if (performance.now() - this.#lookedAt > PROOF_MS) this.#isSuspect = true;
  }

  /** The term now; a responder that is suspected and dead has none any more. */
  look(): number {
    if (this.#isSuspect) this.#buryDead();
    return this.#service.serving;
  }

  /** Goes over to another term; returns the error of what was asked in the last one. */
  change(term: number): PeerDiedError {
    const last = this.#name;
    this.#term = term;
    this.#name = term === 0 ? "" : this.#describe();
    return new PeerDiedError(
      `The responder of "${this.#service.name}"${last} has ended without an answer: whether the request was handled is not known`,
    );
  }

  /** Watches the responder's life. */
  readonly watch: Watch = (onDeath) => {
    if (this.#term === 0) return undefined;
    const { segment, responderSlot } = this.#service;
    return segment.watchLives([responderSlot], () => {
      this.#isSuspect = true;
      onDeath();
    });
  };

  /** Frees the responder's place when the kernel says that it has died. */
  #buryDead(): void {
    this.#isSuspect = false;
    this.#lookedAt = performance.now();
    const slot = this.#service.responderSlot;
    if (slot >= 0 && !this.#service.segment.participants.isAlive(slot)) this.#service.reapDead();
  }

  #find(): Participant | undefined {
    const { segment, responderSlot } = this.#service;
    return segment.participants.at(responderSlot);
  }

  #describe(): string {
    const found = this.#find();
    return found === undefined ? "" : ` (process ${found.pid}, ${found.name})`;
  }
}
