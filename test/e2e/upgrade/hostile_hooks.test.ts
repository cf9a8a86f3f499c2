// Hooks that end or stop the agent that runs them: the next agent takes them over, and they run once.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { uuidv7 } from 'uuidv7';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { seeChange } from '../../helpers/see_change.js';
import { hookScript, useHosts } from './hosts.js';

/** It goes on only after the agent has got the signal. */
const strike = (signal: string) =>
  hookScript('post-pull', `kill -${signal} "$(cat "$DATA_DIR/agent.pid")"; echo struck; touch "$DATA_DIR/struck"`);

const hosts = useHosts({
  releases: ['KILL', 'TERM', 'STOP'].map((signal, index) => ({
    tag: `v0.2.${index + 1}`,
    base: 'v0.2.0',
    files: { [`release/v0.2.${index + 1}.sh`]: strike(signal) },
  })),
});

async function openStruckHost(version: string) {
  const host = await hosts.open();
  await host.stop();
  const agent = await host.start();
  const { dataDir } = host.tenant;
  writeFileSync(path.join(dataDir, 'agent.pid'), String(agent.pid));
  const id = uuidv7();
  const client = await host.connect();
  await client.ask({ version }, { id });
  return { host, agent, id };
}

const oneRun = { status: 'success', warnings: [], seamless: true, runs: 1, outputs: 1 };

/** How the upgrade ended, and how often the hook ran: as it says itself, and as its output shows. */
async function tellOutcome(host: AgentHost, { id, version }: { id: string; version: string }) {
  const { result, outputs, seamless } = await (await host.connect()).follow(id);
  const { status, warnings } = result;
  const log = readFileSync(path.join(host.tenant.dataDir, 'hooks.log'), 'utf8');
  const runs = log.split('\n').filter((line) => line.startsWith(`${version} `)).length;
  return {
    status,
    warnings,
    seamless,
    runs,
    outputs: [...outputs.values()].filter((text) => text === 'struck\n').length,
  };
}

test.each([
  { signal: 'SIGKILL', version: 'v0.2.1' },
  { signal: 'SIGTERM', version: 'v0.2.2' },
])('a hook that ends the agent with $signal is taken over by the next one', async ({ version }) => {
  const { host, agent, id } = await openStruckHost(version);
  await agent.ended;
  await host.start();
  expect(await tellOutcome(host, { id, version })).toEqual(oneRun);
});

test('a hook that stops the agent runs on to its end, and so does the upgrade once the agent goes on', async () => {
  const version = 'v0.2.3';
  const { host, agent, id } = await openStruckHost(version);
  await seeChange(host.tenant.dataDir, () => existsSync(path.join(host.tenant.dataDir, 'struck')));
  process.kill(agent.pid, 'SIGCONT');
  expect(await tellOutcome(host, { id, version })).toEqual(oneRun);
});
