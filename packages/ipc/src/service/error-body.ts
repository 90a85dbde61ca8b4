/**
 * Errors as the bodies of replies.
 *
 * @module
 */
import { RemoteError, type RemoteErrorDetails } from "./remote-error.ts";

/** Characters of a message that are kept when an error is too long, then fewer still. */
const MESSAGE_CHARS = [4096, 512, 64] as const;

/** How long a name or a code may be, in characters. */
const WORD_CHARS_MAX = 100;

/**
 * Encodes what a handler threw. What is too long loses its stack, then the end of its message.
 *
 * @param limitBytes The longest body; every ring takes the shortest form.
 */
export function encodeError(thrown: unknown, limitBytes: number): Uint8Array<ArrayBuffer> {
  const details = detailsOf(thrown);
  const { stack: _stack, ...rest } = details;
  const shorter = MESSAGE_CHARS.map((chars) => ({ ...rest, message: cut(rest.message, chars) }));
  let body = new Uint8Array(0);
  for (const form of [details, rest, ...shorter]) {
    body = new TextEncoder().encode(JSON.stringify(form));
    if (body.length <= limitBytes) return body;
  }
  return body;
}

/** Decodes the body of an error reply. Whatever it is, an error comes out. */
export function decodeError(text: string): RemoteError {
  let found: Partial<Record<keyof RemoteErrorDetails, unknown>> = {};
  try {
    found = (JSON.parse(text) ?? {}) as typeof found;
  } catch {
    // Not JSON: only damage can say so.
  }
  const { name, message, code, stack } = found;
  return new RemoteError({
    name: typeof name === "string" ? name : "unknown",
    message: typeof message === "string" ? message : "The responder's error cannot be read",
    code: typeof code === "string" ? code : undefined,
    stack: typeof stack === "string" ? stack : undefined,
  });
}

/** What can be said of a thrown value; its properties may throw, too. */
function detailsOf(thrown: unknown): RemoteErrorDetails {
  try {
    if (!(thrown instanceof Error)) return { name: typeof thrown, message: String(thrown) };
    const { name, message, code, stack } = thrown as Error & { readonly code?: unknown };
    return {
      name: cut(String(name), WORD_CHARS_MAX),
      message: String(message),
      code: typeof code === "string" ? cut(code, WORD_CHARS_MAX) : undefined,
      stack: typeof stack === "string" ? stack : undefined,
    };
  } catch {
    return { name: typeof thrown, message: "What the handler threw cannot be described" };
  }
}

/** The beginning of a text; a pair of surrogates is not cut in two. */
function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars).toWellFormed()}…`;
}
