// The tenant file's key `hooks`.
import { z } from 'zod';
import { innerPath } from '../values.js';

export const hooksSchema = z.strictObject({
  /** Patterns, relative to `app_dir`, of the files by which hooks remember that they ran. */
  markers: z.array(innerPath).prefault(['.release-*-done']),
  /** What happens to a hook that was running when the host went down, or whose supervisor was killed. */
  lost: z.enum(['again', 'fail']).default('again'),
});
