// `drover-agent hooks history`: the hooks that ran for a tenant, read from its journals.
import { z } from 'zod';
import type { EventOf } from '../../../shared/model/events.js';
import { explainExit } from '../../../shared/os/exit_status.js';
import type { FoundUpgrade } from '../../store/find_upgrades.js';
import { defineCommand } from '../agent_command.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { openHost } from '../open_host.js';
import { alignColumns, showHash, showMs, showSafely, showTime } from '../../../shared/terminal/format.js';
import { requireTenant } from '../require_tenant.js';
import { scanUpgradesOf } from '../scan_upgrades.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: {},
  help: `Lists every run of a release hook, the newest last, from the journals that are kept.
Times are UTC.

Examples:
  drover-agent hooks history testsite
  drover-agent hooks history testsite --json | jq '.hooks[] | select(.exit_code != 0)'

Exit codes: 0 listed, 2 there is no such tenant.
`,
  input: z.object({ tenant }),
  async execute(context, { tenant }) {
    const { screen, json } = context;
    const host = await openHost(context);
    const upgrades: FoundUpgrade[] = [];
    for await (const upgrade of scanUpgradesOf(host.state, screen, tenant)) upgrades.push(upgrade);
    if (upgrades.length === 0) await requireTenant(host, tenant);
    const runs = upgrades.toReversed().flatMap(listHookRuns);
    if (json) {
      screen.printJson({ tenant, hooks: runs });
      return 0;
    }
    const head = ['WHEN', 'PHASE', 'HOOK', 'SHA-256', 'TOOK', 'ENDED', 'UPGRADE'];
    const rows = runs.map((run) => [
      showTime(run.at),
      run.phase,
      showSafely(run.file),
      showHash(run.sha256),
      run.ms === null ? '-' : showMs(run.ms),
      describeEnd(run),
      run.upgrade,
    ]);
    if (rows.length === 0) screen.print(`No release hook has run for ${tenant}.`);
    else for (const line of alignColumns([head, ...rows])) screen.print(line);
    return 0;
  },
});

interface HookRun {
  tag: string;
  phase: string;
  file: string;
  sha256: string;
  at: string;
  /** Null while it runs, as are `cause` and the exit. */
  ms: number | null;
  cause: EventOf<'exit'>['cause'] | null;
  exit_code: number | null;
  signal: string | null;
  upgrade: string;
}

function listHookRuns({ id, events }: FoundUpgrade): HookRun[] {
  return events.flatMap((event) => {
    if (event.type !== 'command' || event.hook === undefined) return [];
    const exit = events.find((other) => other.type === 'exit' && other.key === event.key);
    const end =
      exit?.type === 'exit'
        ? { ms: exit.ms, cause: exit.cause, exit_code: exit.code, signal: exit.signal }
        : { ms: null, cause: null, exit_code: null, signal: null };
    return [{ ...event.hook, at: event.at, ...end, upgrade: id }];
  });
}

function describeEnd({ cause, exit_code: code, signal }: HookRun): string {
  if (cause === null) return 'runs';
  if (cause !== 'exited') return cause;
  return code === 0 ? 'OK' : explainExit({ code, signal });
}
