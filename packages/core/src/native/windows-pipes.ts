/**
 * By which threads wake each other on Windows, and learn of each other's end: a pipe for the event loop, and an event for who
 * sleeps.
 *
 * The maker of a pipe serves it in its event loop. Who rings sets the event and writes a byte into the pipe, since nobody knows
 * in which of the two ways its maker waits. What is left behind of the other way wakes it once more, in vain.
 *
 * A connection is a ring, too: where nobody can connect any more (the system has four places for those whom the maker has not
 * seen yet), it has been rung, and others watch for its end no more than they can.
 *
 * @module
 */
import type { Server, Socket } from "node:net";
import type { PipeReader, PipeRinger, ThreadPipe, ThreadPipes } from "./platform-interface.ts";
import { engine } from "./runtime.ts";
import {
  ACCESS,
  closeHandle,
  type Handle,
  setInformation,
  tryOpenHandle,
} from "./windows-handles.ts";
import {
  fileStatus,
  Scratch,
  STATUS,
  status,
  statusError,
  succeeded,
  systemLibrary,
  wide,
} from "./windows-system.ts";

interface EventFunctions {
  /** Both return null when refused. The name is UTF-16 that ends with a zero. */
  CreateEventW(attributes: number, isManual: number, isSet: number, name: number): number | null;
  OpenEventW(access: number, inherit: number, name: number): number | null;
  WaitForSingleObject(object: number, timeoutMs: number): number;
}

interface PipeFunctions {
  NtSetEvent(event: number, previous: number): number;
  NtWriteFile(
    file: number,
    event: number,
    routine: number,
    context: number,
    result: number,
    bytes: number,
    length: number,
    offset: number,
    key: number,
  ): number;
}

const kernel = systemLibrary<EventFunctions>("kernel32.dll", {
  CreateEventW: { args: ["pointer", "u32", "u32", "pointer"], returns: "pointer" },
  OpenEventW: { args: ["u32", "u32", "pointer"], returns: "pointer" },
  WaitForSingleObject: { args: ["i64", "u32"], returns: "u32" },
});

const native = systemLibrary<PipeFunctions>("ntdll.dll", {
  NtSetEvent: status("i64", "pointer"),
  NtWriteFile: fileStatus("pointer", "u32", "pointer", "pointer"),
});

const MODIFY_STATE = 0x2;
/** Reading, too: the maker's end is open for both. */
const PIPE_ACCESS =
  ACCESS.readData | ACCESS.writeData | ACCESS.readAttributes | ACCESS.writeAttributes;
const SIGNALED = 0;
const PIPE_INFORMATION = 23; // FilePipeInformation: mode of reading u32, whether calls wait u32
const DOES_NOT_WAIT = 1; // FILE_PIPE_COMPLETE_OPERATION

/** Makes the calls on pipes. */
export function threadPipes(): ThreadPipes {
  const own = new Map<string, ServedPipe>();
  return {
    make: (name) => {
      const pipe = new ServedPipe(name, () => own.delete(name));
      own.set(name, pipe);
      return pipe;
    },
    read: (name) => own.get(name)?.read() ?? new EndReader(name),
    open: (name) => {
      const event = openEvent(name);
      return event === undefined ? undefined : new Ringer(name, event);
    },
  };
}

/** In the name space of the whole machine, as files are. */
function eventName(name: string): Uint8Array {
  return wide(`Global\\isthmus${name}`);
}

function pipePath(name: string): string {
  return `\\\\.\\pipe\\isthmus${name}`;
}

function createEvent(name: string): Handle {
  const text = eventName(name);
  // SAFETY: the system reads the name, which is in use until the call has returned.
  const event = kernel().call.CreateEventW(0, 0, 0, engine.addressOf(text));
  if (text.length > 0 && event) return event as Handle;
  throw statusError(`create the event "${name}"`, "CreateEventW", STATUS.accessDenied);
}

function openEvent(name: string): Handle | undefined {
  const text = eventName(name);
  // SAFETY: as above.
  const event = kernel().call.OpenEventW(MODIFY_STATE, 0, engine.addressOf(text));
  return text.length > 0 && event ? (event as Handle) : undefined;
}

/** A pipe of this thread. */
class ServedPipe implements ThreadPipe {
  readonly #event: Handle;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #forget: () => void;
  /** Who hears rings in the event loop. */
  #reader: RingReader | undefined;
  #isClosed = false;

  constructor(name: string, forget: () => void) {
    this.#forget = forget;
    this.#event = createEvent(name);
    this.#server = process
      .getBuiltinModule("node:net")
      .createServer((socket) => this.#accept(socket));
    // Whoever rings while it cannot be served sets the event, and its maker looks once a second.
    this.#server.on("error", () => {});
    this.#server.listen(pipePath(name));
    this.#server.unref();
  }

  sleep(timeoutMs: number): boolean {
    const time = Math.max(0, Math.ceil(timeoutMs));
    // The system resets the event for whom it wakes.
    return kernel().call.WaitForSingleObject(this.#event, time) === SIGNALED;
  }

  /** Hears rings in the event loop, which is kept alive meanwhile. */
  read(): PipeReader {
    this.#reader?.close();
    const reader = new RingReader(() => {
      if (this.#reader !== reader) return;
      this.#reader = undefined;
      this.#server.unref();
    });
    this.#reader = reader;
    this.#server.ref();
    return reader;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.#reader?.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    closeHandle(this.#event);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.unref();
    socket.on("data", () => this.#hear());
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    this.#hear();
  }

  #hear(): void {
    this.#reader?.ring();
  }
}

/** Hears rings of this thread's own pipe. */
class RingReader implements PipeReader {
  readonly #end: () => void;
  #next = Promise.withResolvers<{ readonly done: boolean }>();
  #isClosed = false;

  constructor(end: () => void) {
    this.#end = end;
  }

  /** Several rings before the next read are one. */
  ring(): void {
    this.#next.resolve({ done: false });
  }

  async read(): Promise<{ readonly done: boolean }> {
    if (this.#isClosed) return { done: true };
    const heard = await this.#next.promise;
    if (!heard.done) this.#next = Promise.withResolvers();
    return heard;
  }

  async cancel(): Promise<void> {
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#next.resolve({ done: true });
    this.#end();
  }
}

/** Watches for the end of another thread's pipe. */
class EndReader implements PipeReader {
  readonly #socket: Socket;
  readonly #ended = Promise.withResolvers<{ readonly done: boolean }>();

  constructor(name: string) {
    const end = (): void => this.#ended.resolve({ done: true });
    this.#socket = process.getBuiltinModule("node:net").connect(pipePath(name));
    this.#socket.on("error", end);
    this.#socket.on("close", end);
    this.#socket.resume();
  }

  read(): Promise<{ readonly done: boolean }> {
    return this.#ended.promise;
  }

  async cancel(): Promise<void> {
    this.close();
  }

  close(): void {
    this.#socket.destroy();
    this.#ended.resolve({ done: true });
  }
}

/** Rings another thread's pipe. */
class Ringer implements PipeRinger {
  readonly #name: string;
  readonly #event: Handle;
  readonly #scratch = new Scratch();
  #pipe: Handle | undefined;

  constructor(name: string, event: Handle) {
    this.#name = name;
    this.#event = event;
    this.#connect();
  }

  ring(): boolean {
    const { address } = this.#scratch;
    // SAFETY: no address is passed.
    native().call.NtSetEvent(this.#event, 0);
    if (this.#pipe === undefined) return this.#connect();
    // SAFETY: the call reads one byte of this object's memory, and writes an IO_STATUS_BLOCK into it.
    const result = native().call.NtWriteFile(this.#pipe, 0, 0, 0, address, address + 32, 1, 0, 0);
    // What does not fit is no error: a full pipe has been rung already.
    return succeeded(result);
  }

  close(): void {
    if (this.#pipe !== undefined) closeHandle(this.#pipe);
    this.#pipe = undefined;
    closeHandle(this.#event);
  }

  /** Connects, which rings the pipe, too; returns false when there is none any more. */
  #connect(): boolean {
    const file = pipePath(this.#name).replace("\\\\.\\", "\\\\?\\");
    const pipe = tryOpenHandle({ file, access: PIPE_ACCESS });
    if (pipe < 0) return pipe >>> 0 !== STATUS.objectNameNotFound;
    this.#pipe = pipe as Handle;
    const { view, address } = this.#scratch;
    view.setUint32(64, 0, true);
    view.setUint32(68, DOES_NOT_WAIT, true);
    setInformation(this.#pipe, address + 64, 8, PIPE_INFORMATION);
    return true;
  }
}
