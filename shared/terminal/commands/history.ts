// `history`: the versions that a tenant had, from its upgrades.
import { z } from 'zod';
import type { TenantVersion } from '../../model/report/tenant_version.js';
import type { UpgradeOutline } from '../../model/upgrade_outline.js';
import { showTime } from '../../os/clock.js';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { alignColumns, showHash, showSafely, wrapText } from '../screen/format.js';
import { tenant } from '../inputs.js';
import { renderFromTo } from '../stream/live_stream.js';
import { withOperations, type OperatorProgram } from '../operator_program.js';
import { renderStatus, renderVersion } from '../render_tenants.js';
import type { Screen } from '../screen/screen.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name, unreachable } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>'],
    options: {},
    help: `Lists the upgrades that began, the newest first: from which version to which,
how each ended, and when it was rolled back. Refused ones changed nothing, and
are left out. Times are UTC.

Examples:
  ${name} history testsite
  ${name} history testsite --json | jq -r '.upgrades[] | select(.status == "rolled_back") | .new_version'

${wrapText(`Exit codes: 0 listed, 2 there is no such tenant, 3 ${unreachable}.`)}
`,
    input: z.object({ tenant }),
    async execute(context, { tenant }) {
      const { screen, json } = context;
      const [all, versions] = await withOperations(context, program, (operations) =>
        Promise.all([operations.listUpgrades(tenant), operations.listVersions(tenant)]),
      );
      const upgrades = all.filter(({ status }) => status !== 'refused' && status !== 'queued');
      if (json) screen.printJson({ tenant, upgrades, ...(versions === null ? {} : { versions }) });
      else if (upgrades.length === 0) screen.print(`No upgrade of ${tenant} has begun yet.`);
      else for (const line of renderHistory(upgrades, screen)) screen.print(line);
      if (!json && versions !== null) for (const line of renderVersions(versions, screen)) screen.print(line);
      return 0;
    },
  });
}

/** Also those that no upgrade has made: a checkout by hand, another host. */
function renderVersions(versions: readonly TenantVersion[], { width }: Pick<Screen, 'width'>): string[] {
  if (versions.length === 0) return [];
  const rows = versions.map(({ at, host, commit, ...version }) => [
    showTime(at),
    renderVersion(version),
    commit === null ? '-' : showHash(commit),
    showSafely(host ?? '-'),
  ]);
  return ['', ...alignColumns([['SINCE', 'REPORTED VERSION', 'COMMIT', 'HOST'], ...rows], width)];
}

function renderHistory(upgrades: readonly UpgradeOutline[], { style, width }: Pick<Screen, 'style' | 'width'>) {
  const head = ['WHEN', 'VERSIONS', 'ENDED', 'ROLLED BACK', 'UPGRADE'];
  const rows = upgrades.map((upgrade) => [
    showTime(upgrade.started_at),
    renderFromTo(upgrade),
    renderStatus(upgrade.status, style),
    upgrade.status === 'rolled_back' && upgrade.finished_at !== null ? showTime(upgrade.finished_at) : '-',
    upgrade.id,
  ]);
  return alignColumns([head, ...rows], width);
}
