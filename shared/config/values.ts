// Values that several configuration files share: durations, sizes, absolute paths.
import path from 'node:path';
import { z } from 'zod';

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unitsBytes: Record<string, number> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A whole number and one of the units, with no space between, as the number of base units. */
function amountIn(units: Record<string, number>, message: string) {
  return z.string().transform((text, context) => {
    const [, amount, unit] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
    const factor = units[unit ?? ''];
    if (amount !== undefined && factor !== undefined) return Number(amount) * factor;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** `60s`, `5m`, `250ms`, as milliseconds. */
export const duration = amountIn(unitsMs, 'must be a duration such as 250ms, 60s, 5m, 2h or 90d');

/** `10MiB`, as bytes. */
export const size = amountIn(unitsBytes, 'must be a size such as 512KiB, 10MiB or 1GiB');

export const absolutePath = z
  .string()
  .refine((text) => path.isAbsolute(text) && path.normalize(text) === text.replace(/(.)\/$/, '$1'), {
    message: 'must be an absolute path without . or ..',
  })
  .transform((text) => text.replace(/(.)\/$/, '$1'));
