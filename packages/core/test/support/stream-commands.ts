/**
 * Random calls on a stream, each checked against an array of bytes and a position.
 *
 * @module
 */
import { expect } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import fc from "fast-check";
import { NotSupportedError, type SeekOrigin, type ViewStream } from "../../src/index.ts";

/** The length of the streams that the calls are made for. */
export const STREAM_BYTES = 200;

/** What a stream is: an array of bytes and a position. */
export interface StreamModel {
  readonly bytes: Uint8Array;
  position: number;
}

class SeekCommand implements fc.Command<StreamModel, ViewStream> {
  readonly offset: number;
  readonly origin: SeekOrigin;
  constructor(offset: number, origin: SeekOrigin) {
    this.offset = offset;
    this.origin = origin;
  }
  check = () => true;
  run(model: StreamModel, stream: ViewStream): void {
    const base = { begin: 0, current: model.position, end: STREAM_BYTES }[this.origin];
    const seek = () => stream.seek(this.offset, this.origin);
    if (base + this.offset < 0) {
      expectCode(seek, RangeError, "ERR_OUT_OF_RANGE");
    } else {
      model.position = base + this.offset;
      expect(seek()).toBe(model.position);
    }
    expect(stream.position).toBe(model.position);
  }
  toString = () => `seek(${this.offset}, ${this.origin})`;
}

class PositionCommand implements fc.Command<StreamModel, ViewStream> {
  readonly position: number;
  constructor(position: number) {
    this.position = position;
  }
  check = () => true;
  run(model: StreamModel, stream: ViewStream): void {
    stream.position = this.position;
    model.position = this.position;
  }
  toString = () => `position = ${this.position}`;
}

class ReadCommand implements fc.Command<StreamModel, ViewStream> {
  readonly length: number;
  constructor(length: number) {
    this.length = length;
  }
  check = () => true;
  run(model: StreamModel, stream: ViewStream): void {
    const into = new Uint8Array(this.length).fill(0xee);
    const expected = into.slice();
    const part = model.bytes.subarray(model.position, model.position + this.length);
    expected.set(part);
    expect(stream.read(into)).toBe(part.length);
    expect(into).toEqual(expected);
    model.position += part.length;
    expect(stream.position).toBe(model.position);
  }
  toString = () => `read(${this.length})`;
}

class WriteCommand implements fc.Command<StreamModel, ViewStream> {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  check = () => true;
  run(model: StreamModel, stream: ViewStream): void {
    const write = () => stream.write(this.bytes);
    if (model.position + this.bytes.length > STREAM_BYTES) {
      expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
    } else {
      expect(write()).toBe(this.bytes.length);
      model.bytes.set(this.bytes, model.position);
      model.position += this.bytes.length;
    }
    expect(stream.position).toBe(model.position);
  }
  toString = () => `write(${this.bytes.length} bytes)`;
}

class ReadByteCommand implements fc.Command<StreamModel, ViewStream> {
  check = () => true;
  run(model: StreamModel, stream: ViewStream): void {
    const byte = model.bytes[model.position];
    expect(stream.readByte()).toBe(byte ?? -1);
    if (byte !== undefined) model.position++;
    expect(stream.position).toBe(model.position);
  }
  toString = () => "readByte()";
}

class WriteByteCommand implements fc.Command<StreamModel, ViewStream> {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  check = () => true;
  run(model: StreamModel, stream: ViewStream): void {
    const write = () => stream.writeByte(this.value);
    if (model.position >= STREAM_BYTES) {
      expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
    } else {
      write();
      model.bytes[model.position++] = this.value;
    }
    expect(stream.position).toBe(model.position);
  }
  toString = () => `writeByte(${this.value})`;
}

/** Any call that moves, reads or writes. */
export const STREAM_COMMANDS: fc.Arbitrary<fc.Command<StreamModel, ViewStream>>[] = [
  fc
    .tuple(fc.integer({ min: -250, max: 250 }), fc.constantFrom("begin", "current", "end"))
    .map(([offset, origin]) => new SeekCommand(offset, origin as SeekOrigin)),
  fc.integer({ min: 0, max: 300 }).map((position) => new PositionCommand(position)),
  fc.integer({ min: 0, max: 250 }).map((length) => new ReadCommand(length)),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => new WriteCommand(bytes)),
  fc.constant(new ReadByteCommand()),
  fc.integer({ min: 0, max: 255 }).map((value) => new WriteByteCommand(value)),
];
