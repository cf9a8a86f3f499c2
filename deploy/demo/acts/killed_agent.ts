// Act three: the agent is killed in the middle of a hook. The hook goes on, and the next agent takes it over.
import { existsSync } from 'node:fs';
import { startAgentProcess, type AgentProcess } from '../agent_process.js';
import { compareLooks, lookAt, readHookRuns, type Look } from '../look.js';
import { indexPart, indexParts, mendedTag, releaseMended } from '../mended_release.js';
import { printCommand, printHeading, printText } from '../narrate.js';
import { showAndRead } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { verify } from '../verify.js';

const exitUnreachable = 3;

/** Ends `agent` and returns the one that runs afterwards. */
export async function killAgent(stage: Stage, agent: AgentProcess): Promise<AgentProcess> {
  const { carol } = stage.tenants;
  printHeading('3. The agent is killed');
  await releaseMended(stage.repository);
  printText(
    `The team has brought out ${mendedTag}, which mends the migration. carol, on v0.2.0, is to have the latest.\nOne of its hooks is slow; in the middle of it the agent gets a SIGKILL.`,
  );
  const before = await lookAt(carol);
  let killed: Promise<void> | undefined;
  const { exitCode } = await showAndRead(stage, ['upgrade', 'carol'], (text) => {
    if (killed !== undefined || !text.includes(indexPart(3))) return;
    printCommand(`kill -9 ${agent.pid}`);
    killed = agent.end('SIGKILL');
  });
  await killed;
  verify('the command says that the agent went away', exitCode, exitUnreachable);
  const hook = (await readHookRuns(carol)).at(-1);
  verify('the hook runs on without an agent', hook !== undefined && existsSync(`/proc/${hook.pid}`), true);

  printText('An agent is started again, as systemd would do.');
  printCommand('drover-agent run &');
  const next = await startNext(stage);
  printText('It has gone on with the upgrade by itself. The whole story, from the beginning to the end:');
  const { stdout } = await showAndRead(stage, ['logs', 'carol', '--follow']);
  checkStory(stdout);
  const after = await lookAt(carol);
  compareLooks('carol', before, after);
  checkLook(before, after);
  verify('the hook that was running then ran once, in one process', (await readHookRuns(carol)).at(-1), hook);
  return next;
}

function startNext({ program, host, agentLog, signal }: Stage): Promise<AgentProcess> {
  return startAgentProcess({ argv: [program, 'run'], stateFolder: host.stateFolder, logFile: agentLog, signal });
}

function checkStory(story: string): void {
  const wanted = Array.from({ length: indexParts }, (_, index) => indexPart(index + 1));
  const told = story.split('\n').flatMap((line) => wanted.filter((part) => line.endsWith(part)));
  verify('every line of the hook is there, once, in order', told, wanted);
}

function checkLook(before: Look, after: Look): void {
  verify(`carol answers as ${mendedTag}`, after.version, mendedTag);
  verify('its code is checked out', after.commit, `Release ${mendedTag}`);
  verify('every note is there', after.texts.length, before.texts.length);
  const twice = after.hooks.filter((name, index) => after.hooks.indexOf(name) !== index);
  verify('no hook ran twice', twice, []);
}
