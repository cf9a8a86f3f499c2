// The tour itself, from the empty folder to the last suggestion; it throws as soon as something is not as it should be.
import { failInMigration } from './acts/failing_migration.js';
import { killAgentAlone } from './acts/killed_agent_alone.js';
import { killAgent } from './acts/killed_agent.js';
import { killController } from './acts/killed_controller.js';
import { lookAround } from './acts/look_around.js';
import { suggestForFleet, suggestForHost } from './acts/next_steps.js';
import { upgradeOverReleases } from './acts/upgrade_over_releases.js';
import { printCommand, printHeading, printTable, printText } from './narrate.js';
import { runProgram } from './run_program.js';
import { showCommand } from './shown_command.js';
import { buildStage, type Stage, type StageWish } from './stage.js';
import { startAgent, startController } from './start_programs.js';
import { verify } from './verify.js';

/** Leaves Drover and the services running. Rejects when a claim does not hold, or when the signal aborts. */
export async function giveTour(folder: string, wish: StageWish): Promise<void> {
  printHeading('Drover');
  printText(`Making a small app with its releases, and three tenants of it, in ${folder} ...`);
  const stage = await buildStage(folder, wish);
  await introduce(stage);
  if (stage.controller === null) {
    printCommand('drover-agent run &');
    const agent = await startAgent(stage);
    printText(`The agent runs as process ${agent.pid}.`);
    await upgradeOverReleases(stage);
    await failInMigration(stage);
    await killAgentAlone(stage, agent);
    await suggestForHost(stage);
    return;
  }
  printCommand('drover-controller run &');
  const controller = await startController(stage, stage.controller);
  printText(
    `The controller runs as process ${controller.pid}. At its first start it has made two secrets: one for\nagents, one for operators. The host of the three tenants has the first; its agent connects.`,
  );
  printCommand('drover-agent run &');
  const agent = await startAgent(stage);
  printText(
    `The agent runs as process ${agent.pid}. From here on everything is asked of the controller, with \`drover\`.`,
  );
  const { url, tokenFile } = stage.controller;
  const added = await showCommand(stage, `drover context add demo ${url} --token-file ${tokenFile}`);
  verify('`drover` knows the controller', added, 0);
  await upgradeOverReleases(stage);
  await failInMigration(stage);
  await killAgent(stage, agent);
  await killController(stage, { controller, of: stage.controller });
  await lookAround(stage);
  suggestForFleet(stage, stage.controller);
}

async function introduce({ repository, tenants }: Stage): Promise<void> {
  printCommand(`git -C ${repository.folder} tag --list`);
  printText((await runProgram(['git', 'tag', '--list'], { cwd: repository.folder })).replaceAll('\n', '  '));
  printTable([
    ['tenant', 'service', 'work tree'],
    ...Object.values(tenants).map(({ slug, url, appDir }) => [slug, url, appDir]),
  ]);
}
