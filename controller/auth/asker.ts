// Who asks the API: a token, what it may do, and which tenants it sees.
import { AppError } from '../../shared/errors.js';
import { mayDo, type Role } from '../../shared/model/roles.js';
import type { Selection } from '../../shared/selection/selection.js';

export interface Asker {
  /** The id and the name of the token. */
  token: string;
  name: string;
  role: Role;
  /** Null sees every tenant. */
  scope: Selection | null;
  /** When the token ends, ISO 8601; null for never. */
  expiresAt: string | null;
}

/** Throws AppError `forbidden` unless the asker's role allows what needs `needed`. */
export function requireRole({ name, role }: Asker, needed: Role): void {
  if (mayDo(role, needed)) return;
  throw new AppError('forbidden', `the token ${name} has the role ${role}, and this needs ${needed}`, {
    hint: `An admin makes one: \`drover tokens create NAME --role ${needed}\`.`,
  });
}

/** Throws AppError `forbidden` for a token that does not see every tenant. */
export function requireWholeFleet({ name, scope }: Asker): void {
  if (scope === null) return;
  throw new AppError('forbidden', `the token ${name} sees some tenants only, and this is about the whole fleet`, {
    hint: 'Use a token without a scope.',
  });
}
