// The tour, from the empty folder to the last suggestion. It throws as soon as a check fails.
import { growFleet } from './parts/fleet/grow_fleet.js';
import { haltBrokenRelease } from './parts/fleet/broken_rollout.js';
import { rollOutMendedRelease } from './parts/fleet/mended_rollout.js';
import { failInMigration } from './parts/failing_migration.js';
import { killAgentAlone } from './parts/killed_agent_alone.js';
import { killAgent } from './parts/killed_agent.js';
import { killController } from './parts/killed_controller.js';
import { joinHost } from './parts/join_host.js';
import { showHistory } from './parts/show_history.js';
import { suggestForFleet, suggestForHost } from './parts/next_steps.js';
import { upgradeOverReleases } from './parts/upgrade_over_releases.js';
import { printCommand, printHeading, printTable, printText } from './narrate.js';
import { runProgram } from './run_program.js';
import { showCommand } from './shown_command.js';
import { buildSetup, type Setup, type SetupOptions } from './setup.js';
import { startAgent, startController } from './start_programs.js';
import { verify } from './verify.js';

/** Leaves Drover and the services running. Rejects when a check fails, or when the signal aborts. */
export async function runTour(folder: string, options: SetupOptions): Promise<void> {
  printHeading('Drover');
  printText(
    `This makes a small app with six releases, and tenants that run it, in ${folder}.\nEvery line with [ok] is checked: the demo fails if it is not true.`,
  );
  const setup = await buildSetup(folder, options);
  await introduce(setup);
  if (setup.controller === null) {
    printCommand('drover-agent run &');
    const agent = await startAgent(setup, setup.agent);
    printText(`The agent runs as process ${agent.pid}.`);
    await upgradeOverReleases(setup);
    await failInMigration(setup);
    await killAgentAlone(setup, agent);
    await suggestForHost(setup);
    return;
  }
  printCommand('drover-controller run &');
  const controller = await startController(setup, setup.controller);
  printText(
    `The controller runs as process ${controller.pid}. It knows nobody yet: the first token of an operator is made on\nits own machine.`,
  );
  const { url, tokenFile } = setup.controller;
  const made = await showCommand(setup, `(umask 077; drover-controller token demo >${tokenFile})`);
  verify('the operator has a token', made, 0);
  const added = await showCommand(setup, `drover context add demo ${url} --token-file ${tokenFile}`);
  verify('`drover` knows the controller', added, 0);
  printText('A host joins with a token that is good once. Its own key is made on the host, and never leaves it.');
  const join = await joinHost(setup, { controller: setup.controller, agent: setup.agent });
  verify('what is done twice takes no second use of the token', await showCommand(setup, join), 0);
  printCommand('drover-agent run &');
  const agent = await startAgent(setup, setup.agent);
  printText(
    `The agent runs as process ${agent.pid}, and is connected. From here on \`drover\` sends every command to\nthe controller.`,
  );
  await upgradeOverReleases(setup);
  await failInMigration(setup);
  await killAgent(setup, agent);
  await killController(setup, { controller, of: setup.controller });
  await showHistory(setup);
  const fleet = await growFleet(setup, setup.controller);
  await haltBrokenRelease(setup, fleet);
  const rollout = await rollOutMendedRelease(setup, fleet);
  suggestForFleet(setup, { controller: setup.controller, rollout });
}

async function introduce({ repository, tenants }: Setup): Promise<void> {
  printCommand(`git -C ${repository.folder} tag --list`);
  printText((await runProgram(['git', 'tag', '--list'], { cwd: repository.folder })).replaceAll('\n', '  '));
  printTable([
    ['tenant', 'service', 'work tree'],
    ...Object.values(tenants).map(({ slug, url, appDir }) => [slug, url, appDir]),
  ]);
}
