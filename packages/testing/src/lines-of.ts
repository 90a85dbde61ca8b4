/**
 * A stream of text, line by line.
 *
 * @module
 */

/** Yields the lines of a stream, each when its line feed has come; what has none at the end is the last line. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() as string;
    yield* lines;
  }
  if (rest !== "") yield rest;
}
