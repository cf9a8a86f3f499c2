// Parses the rows of tokens and of the audit log.
import { z } from 'zod';
import { roles } from '../../../../shared/model/roles.js';
import type { StoredAuditEntry, StoredToken } from '../../access.js';

type Row = Readonly<Record<string, unknown>>;

const tokenRow = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  scope: z.string().nullable(),
  created_at: z.string(),
  created_by: z.string().nullable(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  used_at: z.string().nullable(),
});

/** A row of `tokens`, without its hash. */
export function toToken(row: Row): StoredToken {
  return tokenRow.parse(row);
}

const auditRow = z.object({
  no: z.number(),
  at: z.string(),
  token: z.string().nullable(),
  name: z.string(),
  address: z.string().nullable(),
  reason: z.string().nullable(),
  action: z.string(),
  tenant: z.string().nullable(),
  host: z.string().nullable(),
  target: z.string().nullable(),
});

/** A row of `audit`. */
export function toAuditEntry(row: Row): StoredAuditEntry {
  return auditRow.parse(row);
}
