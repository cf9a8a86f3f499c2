// Every adapter of the port to requirements keeps its contract.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RequirementsWork } from '../../../../../agent/tenant/requirements/port.js';
import { openRequirements } from '../../../../../agent/tenant/requirements/requirements.js';
import type { RequirementsConfig } from '../../../../../agent/tenant/requirements/schema.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';
import { describeRequirements } from './describe_requirements.js';

function open(config: RequirementsConfig) {
  const requirements = openRequirements(config);
  if (requirements === null) throw new Error('there are requirements');
  return requirements;
}

/** A shell command as the tenant's user, in its folder. */
async function runShell({ site, run }: FreshSite, script: string): Promise<void> {
  const { user, appDir: cwd, env } = site;
  await run('shell', { title: script, argv: ['sh', '-c', script], user, cwd, env, timeLimitMs: 60_000 });
}

function readIn(fresh: FreshSite, name: string): string {
  const file = path.join(fresh.site.appDir.shown, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

const exportDirIn = (fresh: FreshSite) => (upgradeId: string) => path.join(fresh.folder, `exported-${upgradeId}`);

describeRequirements('configured', async () => {
  const fresh = makeFreshSite();
  const install = 'mkdir -p modules && rm -f modules/commit && [ ! -e broken ] && cp commit modules/commit';
  return {
    requirements: open({ run: ['sh', '-c', install], snapshot: 'modules', when_changed: ['requirements.txt'] }),
    context: fresh,
    exportDir: exportDirIn(fresh),
    // Its first install is of what has not changed; the folder is there as from before Drover.
    checkOut: (commit) =>
      runShell(fresh, `echo ${commit} >commit; [ -d modules ] || { mkdir modules; cp commit modules; }`),
    breakInstall: () => runShell(fresh, 'touch broken'),
    inUse: async () => readIn(fresh, 'modules/commit'),
    listKept: () => readdirSync(fresh.site.appDir.shown).filter((name) => name.startsWith('modules.before_')),
    close: fresh.remove,
  };
});

describeRequirements('venv', async () => {
  const fresh = makeFreshSite();
  // Complete and all but empty: building takes seconds.
  const makeEnvironment = (commit: string, { plan }: RequirementsWork) => {
    const folder = `venv.d/${plan.key}`;
    return runShell(
      fresh,
      `mkdir -p ${folder}; [ -e ${folder}/.complete ] || { echo ${commit} >${folder}/commit; touch ${folder}/.complete; }`,
    );
  };
  return {
    requirements: open({ file: 'requirements.txt', venv: 'venv', prebuild: true, python: 'python3' }),
    context: fresh,
    exportDir: exportDirIn(fresh),
    checkOut: makeEnvironment,
    breakInstall: ({ plan }) => runShell(fresh, `rm venv.d/${plan.key}/.complete`),
    inUse: async () => readIn(fresh, 'venv/commit'),
    listKept: () => readdirSync(path.join(fresh.site.appDir.shown, 'venv.d')),
    close: fresh.remove,
  };
});
