/**
 * A directory of named memory for one test, with a look into the segments in it.
 *
 * @module
 */
import { collectAbandoned, decodeSuperblock, platform, SECTION } from "@isthmus/core/internal";
import { Home as PlainHome } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { CELL, CELL_BYTES } from "../../../src/wait/wait-cell.ts";
import { lieIn, words } from "../../observe/support.ts";

/** What a wait cell says. */
export interface CellState {
  readonly armed: number;
  readonly wakes: number;
  readonly timeoutWakes: number;
}

/** A directory whose segments can be looked into and changed behind everybody's back. */
export class Home extends PlainHome {
  /** How the hidden files of one process that has so many slots begin, in the order of their names. */
  static hidden(slots: number): string[] {
    const { canLockPipes, byteLocks, threadPipes } = platform();
    const fifos = threadPipes === undefined ? [".bell-", ".life-"] : [];
    const pipes = fifos.flatMap((pipe) => (canLockPipes ? [pipe] : [pipe, pipe]));
    return [...pipes, ...Array<string>(byteLocks === undefined ? slots : 0).fill(".slot-")];
  }

  /** Removes what the dead have left, as the next process to use the directory would. */
  collect(): void {
    collectAbandoned(this.path);
  }

  /** A wait cell of a named thing, read from its file without taking part in it. */
  cell(name: string, index = 0): CellState {
    const bytes = this.bytes(name);
    const { sections } = decodeSuperblock(bytes, bytes.length, name);
    const offset = sections.find(({ id }) => id === SECTION.cells)?.offset ?? Number.NaN;
    const word = (field: number): number =>
      bytes.readUInt32LE(offset + index * CELL_BYTES + field * 4);
    return {
      armed: word(CELL.armed),
      wakes: word(CELL.wakes),
      timeoutWakes: word(CELL.timeoutWakes),
    };
  }

  /** Writes a word of a named thing's section, as a rogue process might. */
  patch(name: string, sectionId: number, word: number, value: number): void {
    lieIn(this.file(name), sectionId, word * 4, words(value));
  }

  /** Waits until somebody waits in a cell: asleep, or in an event loop. */
  async untilWaiting(name: string, how: "asleep" | "in event loop", index = 0): Promise<void> {
    const bit = how === "asleep" ? 1 : 2;
    await until(() => (this.cell(name, index).armed & bit) !== 0, `somebody waits ${how}`);
  }
}
