/**
 * How objects of the library look in `console.log`.
 *
 * @module
 */

/** What `inspect.custom` of `node:util` is: reading it there would load ten milliseconds of what is seldom needed. */
export const INSPECT: symbol = Symbol.for("nodejs.util.inspect.custom");

/** What there is to tell of an object: nothing that needs memory which may be gone. */
type Facts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Has `console.log` show the objects of a class as it shows plain ones, under the name that users know: a bundler may have
 * given the class another one.
 *
 * @param prototype The class's.
 * @param look What to tell of an object.
 */
export function showAs<T extends object>(
  prototype: T,
  look: (object: T) => readonly [name: string, facts: Facts],
): void {
  function show(this: T): string {
    try {
      const [name, facts] = look(this);
      const told = Object.entries(facts).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
      return `${name} { ${told.join(", ")} }`;
    } catch {
      return `${this.constructor.name} {}`; // a prototype, which has no facts
    }
  }
  Object.defineProperty(prototype, INSPECT, { value: show });
}
