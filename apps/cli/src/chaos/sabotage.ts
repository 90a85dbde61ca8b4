/**
 * Harm that a participant does on purpose, so that tests can see that it is found.
 *
 * @module
 */

/**
 * `skip`: leaves a record out and says that it was sent. `repeat`: sends a record twice. `tear`: sends a record, or
 * publishes a value, whose parts do not belong together. `litter`: leaves a directory among the names. `retain`: leaves
 * a file of named memory open and mapped. `hang`: never goes on.
 */
export type Sabotage = "skip" | "repeat" | "tear" | "litter" | "retain" | "hang";
