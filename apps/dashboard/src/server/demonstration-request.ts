/**
 * What a page may ask of the demonstration.
 *
 * @module
 */
import {
  DEMONSTRATION_LIMITS,
  DEMONSTRATION_ROLES,
  type DemonstrationParameters,
  type DemonstrationRequest,
} from "../wire/demonstration-state.ts";
import { HttpError } from "./http-error.ts";

/** A request is three numbers: nobody needs more. */
const BODY_BYTES_MAX = 1024;

/**
 * Reads a request and checks all of it.
 *
 * @throws {HttpError} 400 or 413 when it is not what it should be; the message names what was received.
 */
export async function readDemonstrationRequest(request: Request): Promise<DemonstrationRequest> {
  if (Number(request.headers.get("content-length") ?? Infinity) > BODY_BYTES_MAX) {
    throw new HttpError(413, `The body must have a Content-Length of at most ${BODY_BYTES_MAX}`);
  }
  const body = parse(await request.text());
  const { action, role } = body;
  if (action === "stop") return { action };
  if (action === "kill") {
    const known = DEMONSTRATION_ROLES.find((one) => one === role);
    if (known) return { action, role: known };
    throw new HttpError(400, `role must be producer or consumer: received ${show(role)}`);
  }
  if (action !== "start") {
    throw new HttpError(400, `action must be start, stop or kill: received ${show(action)}`);
  }
  return {
    action,
    records_per_second: checked(body, "records_per_second"),
    size_bytes: checked(body, "size_bytes"),
    batch_records: checked(body, "batch_records"),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return { ...body };
  } catch {
    // Told below.
  }
  throw new HttpError(400, "The body must be a JSON object");
}

function checked(body: Record<string, unknown>, name: keyof DemonstrationParameters): number {
  const [least, most] = DEMONSTRATION_LIMITS[name];
  const value = body[name];
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) {
    return Number(value);
  }
  throw new HttpError(
    400,
    `${name} must be a whole number from ${least} to ${most}: received ${show(value)}`,
  );
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
