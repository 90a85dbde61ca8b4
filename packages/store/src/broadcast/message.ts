/**
 * A message to web sockets as it goes from process to process.
 *
 * ```text
 *    0 ┌ sender       u64   random, of the process's handle
 *    8 │ flags        u8    1: text, 2: to be compressed
 *    9 │ reserved     u8
 *   10 │ topicBytes   u16
 *   12 └ topic        UTF-8, then the message, as its flags say
 * ```
 *
 * @module
 */
import { checkAttached, checkString, invalidType, outOfRange } from "@isthmus/core/internal";

/** What a web socket can be sent. */
export type MessageData = string | Uint8Array | DataView | ArrayBuffer | SharedArrayBuffer;

/** A message for those who listen to a topic. */
export interface Message {
  readonly topic: string;
  readonly data: string | Uint8Array<ArrayBuffer>;
  readonly compress: boolean;
}

const HEADER_BYTES = 12;
const FLAGS_OFFSET = 8;
const TOPIC_BYTES_OFFSET = 10;
const FLAG = { text: 1, compress: 2 } as const;
const TOPIC_BYTES_MAX = 0xffff;

/** The longest topic and message together, in bytes, of records that are no longer than this. */
export function messageBytesIn(recordBytes: number): number {
  return recordBytes - HEADER_BYTES;
}

/**
 * The bytes of a message.
 *
 * @param bytesMax The longest topic and message together, in bytes.
 */
export function encodeMessage(
  sender: bigint,
  topic: string,
  data: MessageData,
  compress: boolean,
  bytesMax: number,
): Uint8Array<ArrayBuffer> {
  const topicBytes = Buffer.byteLength(checkString("topic", topic));
  // Bun refuses a topic without a name, too.
  if (topicBytes === 0 || topicBytes > TOPIC_BYTES_MAX) {
    throw outOfRange("topic.length", `1 to ${TOPIC_BYTES_MAX} bytes of UTF-8`, topicBytes);
  }
  const content = typeof data === "string" ? Buffer.from(data) : bytesOf(data);
  if (topicBytes + content.length > bytesMax) {
    const limit = `<= ${bytesMax} bytes with its topic (whoever comes first chooses capacityBytes, of which that is about half)`;
    const lengths = `a message of ${content.length} bytes with a topic of ${topicBytes}`;
    throw outOfRange("message", limit, lengths);
  }
  const record = Buffer.allocUnsafeSlow(HEADER_BYTES + topicBytes + content.length);
  record.writeBigUInt64LE(sender, 0);
  const flags = (typeof data === "string" ? FLAG.text : 0) | (compress ? FLAG.compress : 0);
  record.writeUInt16LE(flags, FLAGS_OFFSET);
  record.writeUInt16LE(topicBytes, TOPIC_BYTES_OFFSET);
  record.write(topic, HEADER_BYTES);
  record.set(content, HEADER_BYTES + topicBytes);
  return record;
}

/**
 * A message out of the copy of a record.
 *
 * @param sender Whose messages are left out.
 * @returns Undefined for those, and for what is no message.
 */
export function decodeMessage(
  { buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>,
  sender: bigint,
): Message | undefined {
  if (byteLength < HEADER_BYTES) return undefined;
  const record = Buffer.from(buffer, byteOffset, byteLength);
  const start = HEADER_BYTES + record.readUInt16LE(TOPIC_BYTES_OFFSET);
  if (record.readBigUInt64LE(0) === sender) return undefined;
  if (start === HEADER_BYTES || start > byteLength) return undefined;
  const flags = record.readUInt8(FLAGS_OFFSET);
  const content = record.subarray(start);
  return {
    topic: record.toString("utf8", HEADER_BYTES, start),
    data: (flags & FLAG.text) === 0 ? content : content.toString(),
    compress: (flags & FLAG.compress) !== 0,
  };
}

function bytesOf(data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    checkAttached("data", data);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) {
    checkAttached("data", data);
    return new Uint8Array(data);
  }
  throw invalidType("data", "a string, a view or a buffer", data);
}
