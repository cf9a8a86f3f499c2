// The codes of system errors, such as ENOENT.

/** The code of a system error, or of one of Node's own; null for anything else. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** True for an error with one of these codes. */
export function hasErrno(error: unknown, ...codes: string[]): boolean {
  const code = errnoOf(error);
  return code !== null && codes.includes(code);
}
