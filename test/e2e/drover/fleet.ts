// A whole fleet for the tests of `drover`: a real controller, a real agent with a real tenant, and the program itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import type { AgentHost, HostWish } from '../../helpers/agent/agent_host.js';
import { gatedRelease, openGate } from '../../helpers/agent/gated_release.js';
import { makeControllerPlace, type ControllerPlace } from '../../helpers/controller/controller_process.js';
import { joinHost } from '../../helpers/controller/join_host.js';
import { useHosts, type Release } from '../upgrade/hosts.js';

const program = path.join(import.meta.dirname, '../../../dist/controller/cli/main.js');
const agentProgram = path.join(import.meta.dirname, '../../../dist/agent/main.js');

/** A release whose hook waits for the test to open the gate. */
export const gated = gatedRelease.tag;
export interface Drover {
  /** Returns once it has said this; throws when it has ended without. */
  prints: (words: string) => Promise<void>;
  /** What it has printed so far, standard error among it. */
  text: () => string;
  interrupt: () => void;
  ended: Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
}

export interface Fleet {
  controller: {
    url: string;
    /** With SIGKILL. */
    kill(): Promise<void>;
    start(): Promise<void>;
    /** Its log so far, line by line. */
    log(): readonly string[];
  };
  host: AgentHost;
  /** Starts `drover` with these words. */
  drover: (...words: string[]) => Drover;
  /** Runs `drover-agent` on the host with these words. */
  droverAgent: (...words: string[]) => Promise<{ exitCode: number | null; stdout: string }>;
  openGate: () => void;
}

/**
 * To be called once per file; `controllerKeys` are those of controller.yaml. The host's agent is connected, and has reported
 * its tenant, whose file has these keys.
 */
export function useFleet(
  releases: readonly Release[] = [],
  controllerKeys: Readonly<Record<string, unknown>> = {},
): (makeKeys?: HostWish['makeKeys']) => Promise<Fleet> {
  const hosts = useHosts({ releases: [gatedRelease, ...releases] });
  return async (makeKeys = () => ({ allow_remote: ['rollback'] })) => {
    const place = await makeControllerPlace(controllerKeys);
    let controller = await place.start();
    onTestFinished(async () => {
      await controller.end('SIGTERM');
      await place.remove();
    });
    const host = await hosts.open({
      agentKeys: { controller: { url: place.agentUrl } },
      makeKeys,
      member: await joinHost({ url: place.agentUrl, joinToken: place.readJoinToken() }, 'test-host'),
    });
    const fleet: Fleet = {
      controller: {
        url: place.url,
        kill: () => controller.end('SIGKILL'),
        async start() {
          controller = await place.start();
        },
        log: () => controller.log,
      },
      host,
      drover: (...words) => startDrover(place, words),
      droverAgent: (...words) => runAgent(host, words),
      openGate: () => openGate(host),
    };
    await expect.poll(() => isReported(place), { timeout: 60_000 }).toBe(true);
    return fleet;
  };
}

async function isReported(place: ControllerPlace): Promise<boolean> {
  const headers = { authorization: `Bearer ${place.readToken()}` };
  return (await fetch(`${place.url}/api/v1/tenants/testsite`, { headers })).ok;
}

async function runAgent(host: AgentHost, words: readonly string[]) {
  const configFile = path.join(host.folder, 'host/etc/agent.yaml');
  const child = spawn(process.execPath, [agentProgram, '--config', configFile, ...words], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [stdout] = await Promise.all([readText(child.stdout), once(child, 'close')]);
  return { exitCode: child.exitCode, stdout };
}

function startDrover(place: ControllerPlace, words: readonly string[]): Drover {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', DROVER_URL: place.url, DROVER_TOKEN: place.readToken() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (more: string) => {
      said[name] += more;
      for (const listen of listeners) listen();
    });
  }
  const text = () => said.stdout + said.stderr;
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, ...said }));
  return {
    text,
    ended,
    interrupt: () => child.kill('SIGINT'),
    async prints(sought) {
      const heard = new Promise<void>((resolve) => {
        const listen = () => {
          if (text().includes(sought)) resolve();
        };
        listeners.add(listen);
        listen();
      });
      await Promise.race([heard, ended]);
      if (!text().includes(sought)) throw new Error(`drover ${words.join(' ')} did not say ${sought}:\n${text()}`);
    },
  };
}
