/**
 * A dashboard in a process of its own.
 *
 * @module
 */
import type { DemonstrationState } from "../../src/wire/demonstration-state.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { type Hello, TOKEN_HEADER } from "../../src/wire/hello.ts";
import { Command } from "./command.ts";
import { EventReader } from "./event-reader.ts";

/** How to start it. */
export interface DashboardSettings {
  /** Where named memory lives. */
  readonly directory: string;
  readonly port?: number;
  readonly intervalMs?: number;
  readonly results?: string;
}

/** A server, killed when the test ends. */
export class DashboardProcess implements AsyncDisposable {
  readonly command: Command;
  readonly url: string;
  readonly port: number;
  readonly pid: number;

  private constructor(command: Command, { url, port, pid }: Record<string, string | number>) {
    this.command = command;
    this.url = String(url);
    this.port = Number(port);
    this.pid = Number(pid);
  }

  /** Starts it and waits until it listens. */
  static async start(settings: DashboardSettings): Promise<DashboardProcess> {
    const { directory, port = 0, intervalMs = 100, results = directory } = settings;
    const args = ["--port", port, "--interval-ms", intervalMs, "--results", results];
    const command = new Command(directory, ["dashboard", "--json", ...args.map(String)]);
    try {
      return new DashboardProcess(command, JSON.parse(await command.line()));
    } catch (error) {
      await command[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Asks for something. */
  async get(path: string, init?: RequestInit): Promise<Response> {
    return await fetch(new URL(path, this.url), init);
  }

  /** The state of now. */
  async snapshot(): Promise<Frame> {
    return (await (await this.get("/api/snapshot")).json()) as Frame;
  }

  /** Opens the stream of events. */
  async events(headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
    return new EventReader(await this.get("/events", { headers }));
  }

  /** What every stream begins with. */
  async hello(): Promise<Hello> {
    await using events = await this.events();
    return (await events.next("hello")).data as Hello;
  }

  /** Asks the demonstration for something. */
  async demonstration(
    wish: Readonly<Record<string, unknown>>,
    token: string,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const response = await this.get("/api/demonstration", {
      method: "POST",
      headers: { "content-type": "application/json", [TOKEN_HEADER]: token },
      body: JSON.stringify(wish),
    });
    return { status: response.status, text: await response.text() };
  }

  /** How the demonstration is doing. */
  async demonstrationState(): Promise<DemonstrationState> {
    return (await (await this.get("/api/demonstration")).json()) as DemonstrationState;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command[Symbol.asyncDispose]();
  }
}
