/**
 * Harm that a participant does on purpose, so that tests can see that it is found.
 *
 * @module
 */

/**
 * `skip`: leaves a record out and says that it was sent. `repeat`: sends a record twice. `tear`: sends a record, or
 * publishes a value, whose parts do not belong together. `leak`: leaves a directory among the names. `hang`: never goes on.
 */
export type Sabotage = "skip" | "repeat" | "tear" | "leak" | "hang";
