// The tenant file's keys about code: its repository, the trusted tags, the files that may be modified.
import { z } from 'zod';
import { absolutePath } from '../../../shared/config/values.js';

export const repoKeys = {
  /** https, ssh (also `user@host:path`) or file. */
  repo: z
    .string()
    .regex(/^(https:\/\/|ssh:\/\/|file:\/\/\/|[\w.-]+@[\w.-]+:)\S+$/, 'must be an https, ssh or file URL'),
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
