/**
 * Waiting without being deaf.
 *
 * @module
 */

/**
 * Lets a time pass, or less when the command is interrupted.
 *
 * @param milliseconds How long.
 * @param signal What interrupts it.
 * @throws The signal's reason as soon as it is aborted.
 */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
