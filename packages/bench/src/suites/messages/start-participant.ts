/**
 * Starts the process at the other end.
 *
 * @module
 */
import { programCommand } from "@isthmus/programs";
import type { Subprocess } from "bun";

const PARTY: readonly string[] = programCommand(import.meta.dirname, "participant.ts");

/** How to start it. */
export interface ParticipantOptions {
  /** Receives what it sends through the IPC of `Bun.spawn`; without it there is no such IPC. */
  readonly onMessage?: (message: unknown) => void;
}

/**
 * Starts `participant.ts`. When it ends badly, so does this process: what it was to send will never come.
 *
 * @param role What it does.
 * @param args What its role needs to know.
 * @param options Whether it talks through `Bun.spawn`.
 */
export function startParticipant(
  role: string,
  args: readonly (string | number)[],
  { onMessage }: ParticipantOptions = {},
): Subprocess<"ignore", "inherit", "inherit"> {
  return Bun.spawn([...PARTY, role, ...args.map(String)], {
    stdio: ["ignore", "inherit", "inherit"],
    ...(onMessage && { ipc: onMessage }),
    onExit: (_participant, exitCode) => {
      if (exitCode !== null && exitCode !== 0) process.exit(1);
    },
  });
}

/**
 * Starts `participant.ts` in a role that says when it is ready, and waits for that.
 *
 * @param role What it does.
 * @param args What its role needs to know.
 */
export async function startReadyParticipant(
  role: string,
  args: readonly (string | number)[],
): Promise<ReturnType<typeof startParticipant>> {
  const ready = Promise.withResolvers<unknown>();
  const participant = startParticipant(role, args, { onMessage: ready.resolve });
  await ready.promise;
  return participant;
}
