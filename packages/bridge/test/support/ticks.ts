/**
 * Records with a number each.
 *
 * @module
 */
import { type Consumer, type FieldType, type StructSchema, struct, u32 } from "@isthmus/ipc";

/** A record. */
export const Tick: StructSchema<{ readonly id: FieldType<number> }> = struct({ id: u32 });

/** The numbers from one to before another. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Receives so many records, and returns their numbers. */
export async function receive(consumer: Consumer<typeof Tick>, count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const { id } = await consumer.receiveAsync({ timeoutMs: 50_000 });
    found.push(id);
  }
  return found;
}
