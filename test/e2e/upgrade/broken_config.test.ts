// agent.yaml is broken while an upgrade is under way: the next agent brings it to its end all the same.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import { fromHost } from '../../../agent/store/origin.js';
import { writeQueued } from '../../../agent/store/queue.js';
import { stateFolder } from '../../../agent/store/state_folder.js';
import { makeAgentHost } from '../../helpers/agent/agent_host.js';
import { gatedRelease, openGate } from '../../helpers/agent/gated_release.js';
import { useHosts } from './hosts.js';

const hosts = useHosts({ releases: [gatedRelease] });

test('what has begun ends by its own configuration, and what waits goes on waiting', async () => {
  const host = await makeAgentHost(hosts.template());
  onTestFinished(async () => expect(await host.close()).toEqual([]));
  const agent = await host.start();
  const client = await host.connect();
  const id = await client.ask({ version: gatedRelease.tag });
  await client.waitFor(id, (event) => event.type === 'command' && event.hook !== undefined);
  await agent.end('SIGKILL');
  const agentFile = path.join(host.folder, 'host/etc/agent.yaml');
  const written = readFileSync(agentFile, 'utf8');
  writeFileSync(agentFile, `${written}max_concurent: 2\n`);
  // One that was accepted, and has not begun.
  const next = { id: makeId(), tenant: 'testsite', origin: fromHost, place: 1, accepted_at: new Date().toISOString() };
  const request = { version: 'v0.3.0', force: false, allow_downgrade: false, from: null, commit: null };
  const state = stateFolder(host.stateFolder);
  await writeQueued(state, { ...next, request });

  const crippled = host.spawn();
  await crippled.logged('only the upgrades that have begun are brought to their end');
  openGate(host);
  expect(await crippled.ended).toEqual([2, null]);
  expect(crippled.log()).toContain('max_concurent');
  expect(await host.look()).toMatchObject({ serves: gatedRelease.tag, leftovers: [] });
  expect(readdirSync(state.queued)).toEqual([`${next.id}.json`]);

  const again = host.spawn();
  expect(await again.ended).toEqual([2, null]);
  expect(again.log()).not.toContain('have begun');
  writeFileSync(agentFile, written);
  await host.start();
  const afterwards = await host.connect();
  expect((await afterwards.follow(id)).result).toMatchObject({ status: 'success', new_version: gatedRelease.tag });
  expect((await afterwards.follow(next.id)).result).toMatchObject({ status: 'success', new_version: 'v0.3.0' });
});
