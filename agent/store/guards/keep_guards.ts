// Keeps the boot guards of all tenants' units in place while their files change.
import { toAppError } from '../../../shared/errors.js';
import type { Log } from '../../../shared/os/log.js';
import type { StateFolder } from '../state_folder.js';
import { sweepMarks } from './sweep_marks.js';
import type { UnitGuards } from './unit_guards.js';
import type { Tenants } from '../../config/watch_tenants.js';

/**
 * Removes marks that nothing else would. Returns once the guards are in place. Where they cannot be, it is logged: the plans
 * of these tenants are refused.
 */
export async function keepGuards(
  guards: UnitGuards,
  { state, tenants, log }: { state: StateFolder; tenants: Pick<Tenants, 'list' | 'onChange'>; log: Log },
): Promise<void> {
  const place = async () => {
    const units = new Map<string, readonly string[]>();
    for (const [slug, { services }] of tenants.list().good) if (Array.isArray(services)) units.set(slug, services);
    await guards.place(units).catch((error: unknown) => {
      const { message, hint } = toAppError(error);
      log.error({ hint }, message);
    });
  };
  await sweepMarks(state, log);
  tenants.onChange(() => void place());
  await place();
}
