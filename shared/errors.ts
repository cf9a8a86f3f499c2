// Every error that Drover raises on purpose, with its exit code and HTTP status in one table.

/** `exitCode`: 1 failed or rolled back, 2 usage or refused, 3 unreachable. `httpStatus`: what an API answers. */
const codes = {
  // Refusals: raised before anything of the tenant is touched.
  usage: { exitCode: 2, httpStatus: 400 },
  config: { exitCode: 2, httpStatus: 500 },
  'unknown-tenant': { exitCode: 2, httpStatus: 404 },
  'unknown-upgrade': { exitCode: 2, httpStatus: 404 },
  'unknown-tag': { exitCode: 2, httpStatus: 422 },
  'invalid-tag': { exitCode: 2, httpStatus: 422 },
  'untrusted-tag': { exitCode: 2, httpStatus: 422 },
  'moved-tag': { exitCode: 2, httpStatus: 409 },
  'repository-unreachable': { exitCode: 2, httpStatus: 409 },
  'unknown-version': { exitCode: 2, httpStatus: 409 },
  'moved-head': { exitCode: 2, httpStatus: 409 },
  downgrade: { exitCode: 2, httpStatus: 409 },
  'modified-files': { exitCode: 2, httpStatus: 409 },
  'path-conflict': { exitCode: 2, httpStatus: 409 },
  'renamed-migration': { exitCode: 2, httpStatus: 409 },
  'unsupported-repository': { exitCode: 2, httpStatus: 409 },
  'work-tree': { exitCode: 2, httpStatus: 409 },
  'invalid-hook': { exitCode: 2, httpStatus: 422 },
  'missing-interpreter': { exitCode: 2, httpStatus: 409 },
  'missing-command': { exitCode: 2, httpStatus: 409 },
  'missing-unit': { exitCode: 2, httpStatus: 409 },
  unguarded: { exitCode: 2, httpStatus: 409 },
  'missing-file': { exitCode: 2, httpStatus: 409 },
  'disk-full': { exitCode: 2, httpStatus: 409 },
  'database-unusable': { exitCode: 2, httpStatus: 409 },
  busy: { exitCode: 2, httpStatus: 409 },
  unresolved: { exitCode: 2, httpStatus: 409 },
  'plan-changed': { exitCode: 2, httpStatus: 409 },
  frozen: { exitCode: 2, httpStatus: 409 },
  overlap: { exitCode: 2, httpStatus: 409 },
  'not-approved': { exitCode: 2, httpStatus: 409 },
  'has-ended': { exitCode: 2, httpStatus: 409 },
  'nothing-to-do': { exitCode: 2, httpStatus: 409 },
  'not-cancellable': { exitCode: 2, httpStatus: 409 },
  'data-changed': { exitCode: 2, httpStatus: 409 },
  // Failures: an upgrade had begun.
  'command-failed': { exitCode: 1, httpStatus: 500 },
  'command-lost': { exitCode: 1, httpStatus: 500 },
  'time-limit': { exitCode: 1, httpStatus: 500 },
  'output-limit': { exitCode: 1, httpStatus: 500 },
  cancelled: { exitCode: 1, httpStatus: 500 },
  'database-held': { exitCode: 1, httpStatus: 500 },
  'services-running': { exitCode: 1, httpStatus: 500 },
  unhealthy: { exitCode: 1, httpStatus: 500 },
  io: { exitCode: 1, httpStatus: 500 },
  internal: { exitCode: 1, httpStatus: 500 },
  // Of a controller and its API.
  invalid: { exitCode: 2, httpStatus: 422 },
  unauthorized: { exitCode: 2, httpStatus: 401 },
  forbidden: { exitCode: 2, httpStatus: 403 },
  'not-found': { exitCode: 2, httpStatus: 404 },
  'unknown-rollout': { exitCode: 2, httpStatus: 404 },
  'unknown-fleet-plan': { exitCode: 2, httpStatus: 404 },
  'unknown-freeze': { exitCode: 2, httpStatus: 404 },
  'unknown-host': { exitCode: 2, httpStatus: 404 },
  'key-reused': { exitCode: 2, httpStatus: 422 },
  'too-large': { exitCode: 2, httpStatus: 413 },
  'headers-too-large': { exitCode: 2, httpStatus: 431 },
  'too-many': { exitCode: 3, httpStatus: 503 },
  'too-often': { exitCode: 2, httpStatus: 429 },
  'too-slow': { exitCode: 2, httpStatus: 408 },
  'media-type': { exitCode: 2, httpStatus: 415 },
  expired: { exitCode: 2, httpStatus: 409 },
  'not-allowed-remotely': { exitCode: 2, httpStatus: 403 },
  protocol: { exitCode: 1, httpStatus: 500 },
  // The host or the controller does not answer.
  offline: { exitCode: 3, httpStatus: 503 },
  unreachable: { exitCode: 3, httpStatus: 503 },
} as const satisfies Record<string, { exitCode: number; httpStatus: number }>;

export type ErrorCode = keyof typeof codes;

export interface AppErrorOptions {
  cause?: unknown;
  /** Machine-readable particulars, such as `{ paths: [...] }`. */
  details?: Record<string, unknown>;
  /** What to do, as one sentence or command. */
  hint?: string;
  /** Of an error that names other tenants: what is said of it where it leaves the host. */
  outside?: { message: string; hint: string } | undefined;
}

/** An expected error: `message` names the thing and the value, `hint` says what to do about it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;
  readonly hint: string | undefined;
  readonly outside: AppErrorOptions['outside'];

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint;
    this.outside = options.outside;
  }

  get exitCode(): number {
    return codes[this.code].exitCode;
  }

  get httpStatus(): number {
    return codes[this.code].httpStatus;
  }
}

/** What was thrown as it may leave the host: it names no other tenant. */
export function forOutside(thrown: unknown): AppError {
  const error = toAppError(thrown);
  const { code, outside, cause, details } = error;
  return outside === undefined ? error : new AppError(code, outside.message, { hint: outside.hint, cause, details });
}

/** True for a code of the table. Check the codes of other programs with it. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(codes, code);
}

/** Turns whatever was thrown into an AppError; a system error (ENOSPC, EACCES …) becomes `io`, the rest `internal`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof Error) {
    const isSystemError = 'errno' in thrown && 'syscall' in thrown;
    return new AppError(isSystemError ? 'io' : 'internal', thrown.message, { cause: thrown });
  }
  return new AppError('internal', String(thrown));
}
