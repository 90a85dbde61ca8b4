/**
 * The pipes of a thread, as the system has them: at a path in the directory of named memory, or under a name of their own.
 *
 * @module
 */
import { closeSync } from "node:fs";
import { basename } from "node:path";
import { host } from "../native/host.ts";
import {
  type PipeReader,
  type PipeRinger,
  platform,
  type ThreadPipe,
  type ThreadPipes,
} from "../native/platform.ts";
import { isPipeThere, makePipe, removePipe } from "./pipe.ts";

/** A pipe that this thread has made. It has no end while the process lives. */
export interface OwnPipe extends Pick<ThreadPipe, "close"> {
  /** Whether others can find it: not when somebody has emptied the directory. */
  readonly isThere: boolean;
  /** See {@link ThreadPipe.sleep}; absent where threads sleep on words instead. */
  readonly sleep?: ThreadPipe["sleep"];
}

/**
 * Makes a pipe.
 *
 * @returns Undefined when somebody has taken it for what a dead process has left, and it has to be made again.
 */
export function makeThreadPipe(path: string): OwnPipe | undefined {
  const { threadPipes } = platform();
  if (threadPipes !== undefined) return makeNamed(threadPipes, path);
  const pipe = makePipe(path);
  if (pipe === undefined) return undefined;
  return {
    get isThere() {
      return isPipeThere(pipe);
    },
    close: () => removePipe(pipe),
  };
}

/** Begins to read a pipe through the event loop; undefined when nobody has it open, or it is not ours to open. */
export function readThreadPipe(path: string): PipeReader | undefined {
  try {
    const { threadPipes } = platform();
    return threadPipes === undefined ? readFifo(path) : threadPipes.read(basename(path));
  } catch {
    return undefined;
  }
}

/** Opens somebody's pipe to ring it; undefined when its maker is gone, or it is not ours to open. */
export function openRinger(path: string): PipeRinger | undefined {
  try {
    const { threadPipes } = platform();
    return threadPipes === undefined ? fifoRinger(path) : threadPipes.open(basename(path));
  } catch {
    return undefined;
  }
}

function makeNamed(pipes: ThreadPipes, path: string): OwnPipe {
  const pipe = pipes.make(basename(path));
  return {
    isThere: true,
    sleep: (timeoutMs) => pipe.sleep(timeoutMs),
    close: () => pipe.close(),
  };
}

/** Opens a pipe that somebody has open for writing. What is in it is older than the interest in it, and taken out. */
function readFifo(path: string): PipeReader | undefined {
  const fd = platform().openFifo(path, "read");
  if (fd === undefined) return undefined;
  // The kernel reports no end of a pipe that nobody had open for writing when it was opened for reading (pipe(7));
  // a read does.
  if (!platform().emptyFifo(fd)) {
    closeSync(fd);
    return undefined;
  }
  const reader = host.readDescriptor(fd);
  return {
    read: () => reader.read(),
    cancel: () => reader.cancel(),
    // The descriptor was given to the stream, not opened by it: it is ours to close.
    close: () => closeSync(fd),
  };
}

function fifoRinger(path: string): PipeRinger | undefined {
  const fd = platform().openFifo(path, "write");
  if (fd === undefined) return undefined;
  return { ring: () => platform().ringFifo(fd), close: () => closeSync(fd) };
}
