/**
 * A connection to a Redis, as fast as it gets: requests of one run of JavaScript go out together,
 * and answers are bytes. (RESP 2, https://redis.io/docs/latest/develop/reference/protocol-spec/)
 *
 * @module
 */
import type { Socket } from "bun";
import { Backlog } from "../messages/backlog.ts";

const LINE_FEED = 10;

/** Bulk bytes of an answer; undefined for every other one. */
type Answer = Uint8Array<ArrayBuffer> | undefined;

/** Where a Redis listens. */
export type RedisAddress =
  | { readonly unix: string }
  | { readonly hostname: string; readonly port: number };

interface Asked {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** One connection. */
export class RedisConnection {
  readonly #asked: Asked[] = [];
  #outgoing: Uint8Array[] = [];
  #incoming: Buffer<ArrayBuffer> = Buffer.alloc(0);
  #socket: Socket | undefined;
  #backlog = new Backlog((bytes) => Math.max(0, this.#socket?.write(bytes) ?? 0));

  private constructor() {}

  static async connect(address: RedisAddress): Promise<RedisConnection> {
    const connection = new RedisConnection();
    const socket = { data: (_socket: Socket, chunk: Buffer) => connection.#read(chunk) };
    connection.#socket = await ("unix" in address
      ? Bun.connect({ ...address, socket })
      : Bun.connect({ ...address, socket }));
    return connection;
  }

  /** Sends a command; its answer comes later. */
  send(...words: readonly (string | Uint8Array)[]): Promise<Answer> {
    if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush());
    this.#outgoing.push(Buffer.from(`*${words.length}\r\n`));
    for (const word of words) {
      const bytes = typeof word === "string" ? Buffer.from(word) : word;
      this.#outgoing.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
    }
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  close(): void {
    this.#socket?.end();
  }

  #flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    this.#backlog.write(Buffer.concat(outgoing));
  }

  #read(chunk: Buffer): void {
    this.#incoming = Buffer.concat([this.#incoming, chunk]);
    let at = 0;
    for (;;) {
      const lineEnd = this.#incoming.indexOf(LINE_FEED, at) + 1;
      if (lineEnd === 0) break;
      const line = this.#incoming.toString("latin1", at, lineEnd - 2);
      const length = line.startsWith("$") ? Number(line.slice(1)) : -1;
      const end = length < 0 ? lineEnd : lineEnd + length + 2;
      if (end > this.#incoming.length) break;
      const bulk =
        length < 0
          ? undefined
          : this.#incoming.buffer.slice(
              this.#incoming.byteOffset + lineEnd,
              this.#incoming.byteOffset + lineEnd + length,
            );
      at = end;
      const asked = this.#asked.shift();
      if (line.startsWith("-")) asked?.reject(new Error(`Redis: ${line}`));
      else asked?.resolve(bulk && new Uint8Array(bulk));
    }
    this.#incoming = this.#incoming.subarray(at);
  }
}
