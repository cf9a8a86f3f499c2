// `hooks history`: the hooks that ran for a tenant.
import { z } from 'zod';
import type { HookRun } from '../../model/hook_runs.js';
import { explainExit } from '../../os/exit_status.js';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { showTime } from '../../os/clock.js';
import { alignColumns, showHash, showMs, showSafely, wrapText } from '../screen/format.js';
import { tenant } from '../inputs.js';
import { withOperations, type OperatorProgram } from '../operator_program.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name, unreachable } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>'],
    options: {},
    help: `Lists every run of a release hook, the newest last, from the upgrades whose logs
are kept. Times are UTC.

Examples:
  ${name} hooks history testsite
  ${name} hooks history testsite --json | jq '.hooks[] | select(.exit_code != 0)'

${wrapText(`Exit codes: 0 listed, 2 there is no such tenant, 3 ${unreachable}.`)}
`,
    input: z.object({ tenant }),
    async execute(context, { tenant }) {
      const { screen, json } = context;
      const runs = await withOperations(context, program, (operations) => operations.listHookRuns(tenant));
      if (json) screen.printJson({ tenant, hooks: runs });
      else if (runs.length === 0) screen.print(`No release hook has run for ${tenant}.`);
      else for (const line of renderRuns(runs, screen.width)) screen.print(line);
      return 0;
    },
  });
}

function renderRuns(runs: readonly HookRun[], width: number | null): string[] {
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
  return alignColumns([head, ...rows], width);
}

function describeEnd({ cause, exit_code: code, signal }: HookRun): string {
  if (cause === null) return 'runs';
  if (cause !== 'exited') return cause;
  return code === 0 ? 'OK' : explainExit({ code, signal });
}
