// `--reason`: why a change is made, for the audit log.
import { z } from 'zod';
import { sharedLimits } from '../../shared/limits.js';

export const reasonOption = { '--reason <text>': 'why; it goes to the audit log' };

/** As the key of a body; nothing where none is given. */
export const reason = z
  .string()
  .max(sharedLimits.reason.max, { error: `--reason takes at most ${sharedLimits.reason.max} characters` })
  .optional()
  .transform((given) => (given === undefined ? {} : { reason: given }));
