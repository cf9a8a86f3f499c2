// The tenant file's key `hooks`.
import { z } from 'zod';
import { innerPath } from '../values.js';

export const hooksSchema = z.strictObject({
  /** Patterns, relative to `app_dir`, of the files by which hooks remember that they ran. */
  markers: z.array(innerPath).default(['.release-*-done']),
  /** What becomes of a hook that was interrupted by the death of the host. */
  lost: z.enum(['again', 'fail']).default('again'),
});
