/**
 * Syncs that the disk has refused. Of what was written before one, nobody knows what is there: whoever has the journal open then appends no
 * more, and whoever opens it next mends it.
 *
 * @module
 */
import { SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { SEGMENT } from "./journal-layout.ts";
import { writeAgain } from "./segment-mending.ts";
import type { WritableSegment } from "./storage.ts";

const REFUSED =
  "append to the journal (the disk has refused to write what another process appended; open it again)";

/** The calls that bring names to the disk: of Unix, and of Windows. */
const NAME_SYNCS: readonly string[] = ["fsync", "NtFlushBuffersFile"];

/** What one handle knows of them. */
export class RefusedSyncs {
  /** How often a sync of the segment had failed, and been mended, when it was entered; odd: it is still to be mended. */
  #known = 0;
  #failure: unknown;
  /** Until this handle has opened the journal. */
  #isMending = true;

  /** Begins with a segment. */
  enter(file: WritableSegment): void {
    this.#known = file.load(SEGMENT.failed);
  }

  /** Throws what was thrown to this handle before. */
  checkOwn(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Looks for those of others.
   *
   * @throws {SystemError} `EIO` when there was one since the segment was entered, also when it has been mended.
   */
  checkOthers(file: WritableSegment): void {
    const failures = file.load(SEGMENT.failed);
    if (failures === this.#known && !isOdd(failures)) return;
    this.#failure = conditionError("EIO", REFUSED, "fdatasync");
    throw this.#failure;
  }

  /**
   * Notes one.
   *
   * @param error What the disk has said, which `checkOwn` throws from now on.
   * @param file Where others learn of it; undefined when it is closed.
   */
  note(error: unknown, file: WritableSegment | undefined): void {
    this.#failure = error;
    if (!isOdd(this.#known)) file?.store(SEGMENT.failed, this.#known + 1);
  }

  /**
   * Sees to it that a segment can be ended, or appended to: mends it while the journal is opened, and looks for others' failures later.
   *
   * @param end Where its last record ends.
   * @throws {SystemError} As `checkOthers`.
   */
  settle(file: WritableSegment, end: number): void {
    if (this.#isMending) this.#mend(file, end);
    else this.checkOthers(file);
  }

  /** The journal is open: what fails from now on is the next one's to mend. */
  opened(): void {
    this.#isMending = false;
  }

  /**
   * Mends a segment, if need be: after a sync that failed the kernel takes pages for written that are not, so all of them are written once
   * more. Some of the records that other handles know may be gone.
   */
  #mend(file: WritableSegment, end: number): void {
    if (!isOdd(this.#known)) return;
    writeAgain(file, end);
    file.sync();
    file.store(SEGMENT.failed, ++this.#known);
  }
}

/** Whether an error says that the disk has refused names; any other one of changing them leaves them as they were. */
export function isRefusal(error: unknown): boolean {
  return error instanceof SystemError && NAME_SYNCS.includes(error.syscall);
}

function isOdd(failures: number): boolean {
  return (failures & 1) !== 0;
}
