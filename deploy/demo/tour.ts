// The tour itself, from the empty folder to the last suggestion; it throws as soon as something is not as it should be.
import { failInMigration } from './acts/failing_migration.js';
import { killAgent } from './acts/killed_agent.js';
import { suggestNextSteps } from './acts/next_steps.js';
import { upgradeOverReleases } from './acts/upgrade_over_releases.js';
import { startAgentProcess } from './agent_process.js';
import { printCommand, printHeading, printTable, printText } from './narrate.js';
import { runProgram } from './run_program.js';
import { buildStage } from './stage.js';

/** Leaves the agent and the services running. Rejects when a claim does not hold, or when `signal` aborts. */
export async function giveTour(folder: string, signal: AbortSignal): Promise<void> {
  printHeading('Drover');
  printText(`Making a small app with its releases, and three tenants of it, in ${folder} ...`);
  const stage = await buildStage(folder, signal);
  const { repository, tenants, host, program, agentLog } = stage;
  printCommand(`git -C ${repository.folder} tag --list`);
  printText((await runProgram(['git', 'tag', '--list'], { cwd: repository.folder })).replaceAll('\n', '  '));
  printTable([
    ['tenant', 'service', 'work tree'],
    ...Object.values(tenants).map(({ slug, url, appDir }) => [slug, url, appDir]),
  ]);

  printCommand('drover-agent run &');
  const agent = await startAgentProcess({
    argv: [program, 'run'],
    stateFolder: host.stateFolder,
    logFile: agentLog,
    signal,
  });
  printText(`The agent runs as process ${agent.pid}.`);

  await upgradeOverReleases(stage);
  await failInMigration(stage);
  await killAgent(stage, agent);
  await suggestNextSteps(stage);
}
