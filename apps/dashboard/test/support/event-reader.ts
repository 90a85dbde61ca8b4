/**
 * Reading server-sent events.
 *
 * @module
 */
import { linesOf } from "@isthmus/testing/lines-of";
import { within } from "@isthmus/testing/patience";

/** One event, or a comment. */
export interface ServerEvent {
  readonly id: string | undefined;
  /** Its name; `:` for a comment. */
  readonly event: string;
  readonly data: unknown;
}

/** A client that is not a browser. */
export class EventReader implements AsyncDisposable {
  readonly response: Response;
  readonly #lines: AsyncGenerator<string, undefined>;

  constructor(response: Response) {
    this.response = response;
    this.#lines = linesOf(response.body as ReadableStream<Uint8Array>);
  }

  /** The next event with a name, whatever comes before it. */
  async next(name: string): Promise<ServerEvent> {
    for (;;) {
      const event = await within(this.any(), () => `There is no sign of an event ${name}`);
      if (event === undefined) throw new Error(`The stream ended before an event ${name}`);
      if (event.event === name) return event;
    }
  }

  /** The next event; undefined at the end. */
  async any(): Promise<ServerEvent | undefined> {
    const fields = new Map<string, string>();
    for (;;) {
      const { value: line, done } = await this.#lines.next();
      if (done === true) return undefined;
      if (line === "") {
        if (fields.has("data")) return eventOf(fields);
        if (fields.has("")) return { id: undefined, event: ":", data: fields.get("") };
        fields.clear();
        continue;
      }
      const [, name = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
      fields.set(name, value);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.return(undefined);
  }
}

function eventOf(fields: ReadonlyMap<string, string>): ServerEvent {
  const data: unknown = JSON.parse(fields.get("data") ?? "");
  return { id: fields.get("id"), event: fields.get("event") ?? "message", data };
}
