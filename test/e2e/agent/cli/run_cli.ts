// `drover-agent` as an operator runs it, on a host of its own, with or without a running agent: in the test's own process, or
// the built program where signals, terminals and pipes matter.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { agentProgram } from '../../../../agent/cli/agent_program.js';
import { runProgram } from '../../../../deploy/demo/run_program.js';
import { makeId } from '../../../../shared/os/ids.js';
import { quoteWord } from '../../../../shared/os/quote_word.js';
import { runProgram as runCommandLine } from '../../../../shared/terminal/program.js';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
  type HostWish,
} from '../../../helpers/agent/agent_host.js';
import type { Release } from '../../upgrade/hosts.js';
import { gatedRelease } from '../../../helpers/agent/gated_release.js';
import { findProcesses } from '../../../helpers/agent/host_processes.js';
import { fakeWorld } from '../../../unit/agent/cli/fake_world.js';

const programFile = path.join(import.meta.dirname, '../../../../dist/agent/main.js');

interface Done {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A command that has been started. */
interface Started {
  /** Types this on its terminal, if it has one. */
  type(keys: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Closes the reading end of its standard output, as `| head` does. */
  stopReading(): void;
  /** Returns once it has printed this on standard output, or has ended. */
  prints(words: string): Promise<void>;
  done: Promise<Done>;
}

export interface CliHost extends AgentHost {
  configFile: string;
  /** Starts the built program. */
  begin(...words: string[]): Started;
  /** The same on a terminal of its own, 80 columns wide; what it shows there, also beside the answer, is its `stdout`. */
  beginOnTerminal(...words: string[]): Started;
  /** Runs a command to its end, in this process. */
  cli(...words: string[]): Promise<Done>;
  /** Returns once no agent is left that a command had started. */
  agentsHaveEnded(): Promise<void>;
}

/** To be called once per file: a template with these releases, and a way to fresh hosts, on which no agent runs. */
export function useCliHosts(releases: readonly Release[] = [gatedRelease]): {
  open(wish?: HostWish): Promise<CliHost>;
} {
  let template: HostTemplate;
  beforeAll(async () => {
    template = await makeTemplate();
    for (const release of releases) await addReleaseOn(template.repository, release, release.files);
  });
  afterAll(() => template.remove());
  return {
    async open(wish = {}) {
      const host = openCli(await makeAgentHost(template, wish));
      onTestFinished(async () => {
        await host.agentsHaveEnded();
        expect(await host.close(), 'processes that are left').toEqual([]);
      });
      return host;
    },
  };
}

function openCli(host: AgentHost): CliHost {
  const configFile = path.join(host.folder, 'host/etc/agent.yaml');
  const argv = (words: readonly string[]) => [process.execPath, programFile, '--config', configFile, ...words];
  const begin: CliHost['begin'] = (...words) => startCommand(argv(words));
  return {
    ...host,
    configFile,
    begin,
    beginOnTerminal(...words) {
      const command = argv(words).map(quoteWord).join(' ');
      return startCommand(['script', '--quiet', '--return', '--command', command, '/dev/null']);
    },
    cli: (...words) => runHere(['--config', configFile, ...words]),
    async agentsHaveEnded() {
      const agents = findProcesses(host.folder).filter(({ command }) => command.includes('--until-idle'));
      for (const { pid } of agents) {
        await runProgram(['tail', `--pid=${pid}`, '--sleep-interval=0.02', '-f', '/dev/null'], { cwd: '/' });
      }
    },
  };
}

async function runHere(words: readonly string[]): Promise<Done> {
  const { world, stdout, stderr } = fakeWorld();
  const program = [process.execPath, programFile] as const;
  const exitCode = await runCommandLine(words, { program: agentProgram, world: { ...world, program, makeId } });
  return { exitCode, stdout: stdout.written, stderr: stderr.written };
}

function startCommand([file = '', ...args]: readonly string[]): Started {
  const env = { ...process.env, TERM: 'xterm' };
  const child = spawn(file, args, { cwd: '/', env, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let stdout = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  const stderr = text(child.stderr);
  return {
    type: (keys) => void child.stdin.write(keys),
    kill: (signal) => void child.kill(signal),
    stopReading: () => void child.stdout.destroy(),
    async prints(wanted) {
      while (!stdout.includes(wanted) && child.exitCode === null) {
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
    },
    done: ended.then(async () => ({ exitCode: child.exitCode, stdout, stderr: await stderr })),
  };
}

export const statusSchema = z.object({
  agent: z.boolean(),
  tenants: z.array(z.object({ slug: z.string(), state: z.string() })),
});

/** What a command printed under --json: one object, and of this kind. */
export function parseOutput<T>(schema: z.ZodType<T>, stdout: string): T {
  return schema.parse(JSON.parse(stdout));
}
