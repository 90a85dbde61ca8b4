/**
 * What every answer has in common.
 *
 * @module
 */
import { HttpError } from "./http-error.ts";

/** Nothing from elsewhere, nothing inline, no frame around it: the page needs only its own files and its own server. */
const CONTENT_SECURITY_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** Sent with everything. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The content type of words. */
export const TEXT_TYPE = "text/plain; charset=utf-8";

const NEVER_KEPT = "no-store";

/** Answers with JSON. */
export function jsonResponse(value: unknown, status = 200): Response {
  return textResponse(`${JSON.stringify(value)}\n`, "application/json; charset=utf-8", status);
}

/** Answers with text of some kind. */
export function textResponse(text: string, type: string, status = 200): Response {
  const headers = { ...SECURITY_HEADERS, "content-type": type, "cache-control": NEVER_KEPT };
  return new Response(text, { status, headers });
}

/** Answers with what went wrong, in words. */
export function errorResponse(error: unknown): Response {
  const { status, headers } = error instanceof HttpError ? error : { status: 500, headers: {} };
  const message = error instanceof Error ? error.message : String(error);
  const response = textResponse(`${message}\n`, TEXT_TYPE, status);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}
