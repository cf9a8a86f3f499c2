// Who this host is to its controller: its key, which never leaves it. The file is durable before the key is named to
// anybody, so that whatever is killed goes on with the same key.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../../shared/json.js';
import { AppError } from '../../shared/errors.js';
import { hostKey, hostName, id } from '../../shared/model/names.js';
import { checkPath } from '../../shared/os/trusted/check_path.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import { replaceTrustedFile } from '../../shared/os/trusted/write_file.js';

const membershipSchema = z.object({
  /** The id of the controller: the agent speaks to no other. */
  controller: id,
  /** The name that this host has there. */
  host: hostName,
  /** The public and the private key, base64url. */
  key: hostKey,
  secret: hostKey,
  /** SHA-256 of the token that it joined with; null for a key that replaced another one. */
  token: z.string().nullable(),
});
export type Membership = z.infer<typeof membershipSchema>;

const identitySchema = z.object({
  /** What was dialled to join. */
  url: z.string(),
  /** The controller has said that it has this key; null before the first one. */
  active: membershipSchema.nullable(),
  /** The controller may have it: it was not seen to say so. */
  next: membershipSchema.nullable(),
});
export type Identity = z.infer<typeof identitySchema>;

/** Null where this host has never begun to join. Throws AppError `config` for a file that others can read, or damaged. */
export async function readIdentity(file: string): Promise<Identity | null> {
  if ((await checkPath(file, { mayBeMissing: true })).stats === null) return null;
  const { data } = identitySchema.safeParse(parseJson((await readTrustedFile(file, 'secret')).toString()));
  if (data !== undefined) return data;
  throw new AppError('config', `${file}: is damaged: it does not hold the key of this host`, {
    hint: `Remove it, and join again with a join token that names this host: drover-agent enroll`,
  });
}

/** True where this host has begun to join, also for a damaged file: who reads it says so. */
export function hasIdentity(file: string): Promise<boolean> {
  return readIdentity(file).then(
    (identity) => identity !== null,
    () => true,
  );
}

/** Resolves once it is durable. One writer at a time: who holds `identityLock`. */
export async function writeIdentity(file: string, identity: Identity): Promise<void> {
  await replaceTrustedFile(file, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
}

/** The host has not joined. May be called again; the same writer. */
export async function removeIdentity(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** What is remembered of a token. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
