// The commands that let a rollout go on that waits for somebody.
import { alignColumns, indent } from '../../../../shared/terminal/screen/format.js';
import type { Rollout } from '../../../../shared/wire/rollouts_api.js';

/** No line where it goes on by itself, or has ended. */
export function renderWayOut(rollout: Rollout): string[] {
  return alignColumns(findCommands(rollout)).map((line) => indent(line, '    '));
}

function findCommands({ id, state, counts, budget, failures, settings }: Rollout): [string, string][] {
  const resume = `drover rollout resume ${id}`;
  if (state === 'paused') return [[resume, 'goes on']];
  if (state !== 'halted') return [];
  const canRetry = counts.failed + counts.rolled_back + counts.refused + counts.cancelled + counts.expired > 0;
  const { counted, limit } = budget;
  const hasTooMany = counted >= limit || failures.some(({ tenants }) => tenants >= settings.repeats);
  const commands: [string, string][] = [];
  if (canRetry) commands.push([`drover rollout retry ${id} --fixed`, 'tries again what failed, once that is mended']);
  if (counted > 0) commands.push([`drover rollout waive ${id} TENANT`, 'leaves one out']);
  if (hasTooMany) commands.push([`${resume} --failures ${Math.max(limit, counted + 1)}`, 'goes on as it is']);
  else commands.push([resume, 'goes on']);
  return commands;
}
