/**
 * The bytes of a segment.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { Mapping, type Section } from "@isthmus/core/internal";
import { SharedWords } from "../words.ts";

/** The bytes of a segment and where its sections are. */
export class SegmentMemory {
  readonly mapping: Mapping;
  readonly words: SharedWords;
  readonly #sections: readonly Section[];

  /** @param isGatherable Whether it is to lie where its pages can be gathered into huge ones; see `Mapping.gatherPages`. */
  constructor(
    fd: number,
    path: string,
    lengthBytes: number,
    sections: readonly Section[],
    isGatherable = false,
  ) {
    this.mapping = new Mapping({
      fd,
      path,
      offsetBytes: 0,
      lengthBytes,
      protection: "readWrite",
      sharing: "shared",
      isPinned: true,
      isGatherable,
    });
    this.words = new SharedWords(this.mapping.bytes(0, lengthBytes));
    this.#sections = sections;
  }

  /** Whether there is a section of those that a creator may leave out. */
  has(id: number): boolean {
    return this.#sections.some((candidate) => candidate.id === id);
  }

  /** Where a section is; the section table has been checked to have it. */
  section(id: number): Section {
    const section = this.#sections.find((candidate) => candidate.id === id);
    if (section === undefined) throw new CorruptSegmentError(`The segment has no section ${id}`);
    return section;
  }

  /** The word at which a section begins. */
  wordOf(id: number): number {
    return this.section(id).offset / 4;
  }
}
