/**
 * The little that is needed to write source text: lines, fresh variable names, constants, and the
 * place of a value as two expressions.
 *
 * Nothing of a user's schema reaches generated code as code. Numbers are numbers of a checked
 * layout; field names are checked identifiers and are quoted with `JSON.stringify` all the same;
 * the words of a `oneOf` are not in the source at all but in the list of constants that is passed
 * to it.
 *
 * @module
 */

/** Where a value is, as seen by generated code. */
export interface Place {
  /** An expression for the place's byte offset in `view`, ready to have `+ n` appended. */
  readonly offset: string;
  /**
   * An expression for the path of the field in messages; evaluated only when something is wrong.
   */
  readonly path: string;
}

/** Collects the source of one function or class, and the constants that it refers to. */
export class Emitter {
  readonly #lines: string[] = [];
  readonly #constants: unknown[];
  readonly #counter: { next: number };

  /** @param parent The emitter whose constants and names are shared; none for the first one. */
  constructor(parent?: Emitter) {
    this.#constants = parent === undefined ? [] : parent.#constants;
    this.#counter = parent === undefined ? { next: 0 } : parent.#counter;
  }

  /** Adds a line of source. */
  line(text: string): void {
    this.#lines.push(text);
  }

  /** Gives a variable name that was not used before, beginning with the given letters. */
  name(prefix: string): string {
    this.#counter.next += 1;
    return `${prefix}${this.#counter.next}`;
  }

  /** Makes a value available to the source, and gives the name of its constant. */
  constant(value: unknown): string {
    this.#constants.push(value);
    return `k${this.#constants.length - 1}`;
  }

  /** The source so far. */
  source(): string {
    return this.#lines.join("\n");
  }

  /**
   * Compiles the source. This is where `new Function` is; nobody else needs it.
   *
   * @param runtime What the source knows as `$`.
   * @returns What the source returns.
   */
  evaluate(runtime: object): unknown {
    const constants = this.#constants.map((_, index) => `const k${index} = constants[${index}];`);
    const body = ['"use strict";', ...constants, this.source()].join("\n");
    return new Function("$", "constants", body)(runtime, this.#constants);
  }
}

/** The place `distance` bytes after another one, without a change of path. */
function after(place: Place, distance: number): Place {
  return distance === 0 ? place : { ...place, offset: `${place.offset} + ${distance}` };
}

/** The place of a field of the struct at `place`. */
export function fieldAt(place: Place, name: string, offset: number): Place {
  return { ...after(place, offset), path: joinPath(place.path, name) };
}

/** The place of an element of the array at `place`; `index` is an expression. */
export function elementAt(place: Place, index: string, stride: number): Place {
  return {
    offset: `${place.offset} + ${index} * ${stride}`,
    path: `${place.path} + "[" + ${index} + "]"`,
  };
}

function joinPath(path: string, name: string): string {
  return path === '""' ? JSON.stringify(name) : `${path} + ${JSON.stringify(`.${name}`)}`;
}
