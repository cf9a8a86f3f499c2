// The tenant file's keys about code: its repository, the trusted tags, the files that may be modified.
import { z } from 'zod';
import { absolutePath } from '../../../shared/config/values.js';

const secretInUrl =
  'must hold no user, password, token or query: put the token into a file, and name that as repo_auth.token_file';

/** Whether an https URL has a user or a query, or another one a password. An ssh URL's user is no secret. */
function holdsSecret(url: string): boolean {
  if (url.startsWith('https:')) {
    // What cannot be parsed may hold one too, such as a password with a slash.
    if (!URL.canParse(url)) return true;
    const { username, password, search, hash } = new URL(url);
    return [username, password, search, hash].some((part) => part !== '');
  }
  if (url.startsWith('file:')) return false;
  const at = url.indexOf('://');
  const end = url.lastIndexOf('@');
  return at !== -1 && end > at && url.slice(at + 3, end).includes(':');
}

export const repoKeys = {
  /** https, ssh (also `user@host:path`) or file. */
  repo: z
    .string()
    .regex(/^(https:\/\/|ssh:\/\/|file:\/\/\/|[\w.-]+@[\w.-]+:)\S+$/, 'must be an https, ssh or file URL')
    // Git and its helpers get the URL as a word of their command lines, which every user of the host can read.
    .refine((url) => !holdsSecret(url), secretInUrl),
  repo_auth: z
    .union([
      z.strictObject({ token_file: absolutePath, ca_file: absolutePath.optional() }),
      z.strictObject({ ssh_key: absolutePath, known_hosts: absolutePath }),
    ])
    .optional(),
  trust: z.union([z.literal('any-tag'), z.strictObject({ signed_by: absolutePath })]),
  tag_pattern: z.string().optional(),
  /** Glob patterns of tracked files that may be modified. Changes that a checkout discards are saved as a patch. */
  modified_ok: z.array(z.string().min(1)).default([]),
};
export type RepoAuth = NonNullable<z.infer<typeof repoKeys.repo_auth>>;
export type Trust = z.infer<typeof repoKeys.trust>;
