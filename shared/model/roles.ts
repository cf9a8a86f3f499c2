// What a token may do.

/** Each may do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
/** A `viewer` reads, an `operator` also changes tenants, an `admin` also says who may. */
export type Role = (typeof roles)[number];

/** True when `role` may do what needs `needed`. */
export function mayDo(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
