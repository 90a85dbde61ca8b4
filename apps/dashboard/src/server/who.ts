/**
 * What somebody who takes part is called.
 *
 * @module
 */

/** The role, the process, and what it calls itself. */
export function who(one: {
  readonly role: string;
  readonly pid: number;
  readonly name: string;
}): string {
  const what = one.role === "unknown" ? "participant" : one.role;
  return named(`${what} ${one.pid}`, one.name);
}

/** The process that owns a lock. */
export function ownerText(pid: number, name: string | null): string {
  return named(`process ${pid}`, name ?? "");
}

function named(text: string, name: string): string {
  return name === "" ? text : `${text} (${name})`;
}
