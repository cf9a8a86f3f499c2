// Hooks that end or stop the agent that runs them: the next agent takes them over, and they run once.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { uuidv7 } from 'uuidv7';
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
  const seeOutcome = async () => {
    const told = await (await host.connect()).tell(id);
    expect(told.result).toMatchObject({ status: 'success', warnings: [], current_version: version });
    expect([...told.outputs.values()].filter((text) => text === 'struck\n')).toHaveLength(1);
    expect(told.seamless).toBe(true);
    expect(readFileSync(path.join(dataDir, 'hooks.log'), 'utf8').match(new RegExp(version, 'g'))).toHaveLength(1);
  };
  return { host, agent, seeOutcome };
}

test.each([
  { signal: 'SIGKILL', version: 'v0.2.1' },
  { signal: 'SIGTERM', version: 'v0.2.2' },
])('a hook that ends the agent with $signal is taken over by the next one', async ({ version }) => {
  const { host, agent, seeOutcome } = await openStruckHost(version);
  await agent.ended;
  await host.start();
  await seeOutcome();
});

test('a hook that stops the agent runs on to its end, and so does the upgrade once the agent goes on', async () => {
  const { host, agent, seeOutcome } = await openStruckHost('v0.2.3');
  await seeChange(host.tenant.dataDir, () => existsSync(path.join(host.tenant.dataDir, 'struck')));
  process.kill(agent.pid, 'SIGCONT');
  await seeOutcome();
});
