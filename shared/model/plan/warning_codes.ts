// The codes of a plan's warnings: by them plans are compared, while their texts may name paths, sizes and times.

/**
 * `lasting`: it says what the upgrade does, or what state the tenant is in, so plans with it and without it are of different
 * classes. `passing`: it depends on what a host has cached, or on the moment, and changes no class.
 */
const codes = {
  /** The tenant's file is broken now; its last good version is used. */
  'older-config': 'lasting',
  /** A tag was moved in the repository: only the fetch that brings it sees that. */
  'moved-tags': 'passing',
  /** The versions cannot be compared: only the target's hooks run. */
  'uncompared-versions': 'lasting',
  /** Tags that are no versions have hooks, which do not run. */
  'unordered-hooks': 'lasting',
  'misspelt-hook': 'lasting',
  'hook-without-tag': 'lasting',
  'unchecked-hook': 'lasting',
  /** A hook or a configured command names a program that gains rights, which it cannot. */
  'gains-rights': 'lasting',
  'changed-migration': 'lasting',
  /** The app's own command named no pending migrations, or too many. */
  'unlisted-migrations': 'lasting',
  /** A process had it locked at the moment of the look. */
  'locked-database': 'passing',
  'other-databases': 'lasting',
  /** A rollback cannot put back what is installed. */
  'lasting-requirements': 'lasting',
  /** The environment is built with the services stopped. One that is cached is not built at all. */
  'late-requirements': 'passing',
  'stopped-services': 'lasting',
  'idle-services': 'lasting',
  'unhealthy-now': 'lasting',
} as const satisfies Record<string, 'lasting' | 'passing'>;

export type WarningCode = keyof typeof codes;

/** A warning of a plan: its code, and what people read. */
export interface Warning {
  code: WarningCode;
  text: string;
}

const passing: ReadonlySet<string> = new Set(
  Object.entries(codes).flatMap(([code, is]) => (is === 'passing' ? [code] : [])),
);

/** Whether plans with and without such a warning are of different classes. True for codes of later versions. */
export function isLasting(code: string): boolean {
  return !passing.has(code);
}
