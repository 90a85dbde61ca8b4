/**
 * What a call throws.
 *
 * @module
 */

/** The code of what a call throws; says so when it throws nothing. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
  return "nothing was thrown";
}
