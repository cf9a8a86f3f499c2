// What a host is called before it has connected and after its key was refused, and what is said to who asks its tenants.
import { expect, it } from 'vitest';
import { createMetrics } from '../../../../controller/http/metrics.js';
import { planBodySchema, upgradeBodySchema } from '../../../../shared/wire/api.js';
import { tester } from '../../../helpers/controller/controller_rig.js';
import { connectPeer } from '../../../helpers/controller/protocol_peer.js';
import { useJoiningRig } from './joining_rig.js';

const { rig, makeToken, enroll } = useJoiningRig();

const planBody = planBodySchema.parse({ version: 'v0.2.0' });
const upgradeBody = upgradeBodySchema.parse({ version: 'v0.2.0' });
const plan = (slug: string) => rig().fleet.plan(slug, planBody, AbortSignal.timeout(5000));

/** Connected, with its report stored. */
async function connectHost(slug: string) {
  const peer = await connectPeer({ ...rig(), host: 'h1', tenants: [slug] });
  await expect.poll(() => rig().core.store.hosts.findHostOf(slug)).toBe('h1');
  return peer;
}

/** The lines of `/metrics` about hosts. */
async function readHostMetrics(): Promise<string[]> {
  const { store, link } = rig().core;
  const parts = { readCounts: () => store.readCounts(), countConnected: () => link.count() };
  const text = await createMetrics({ ...parts, version: '1.2.3' }).read();
  return text.split('\n').filter((line) => line.startsWith('drover_hosts{') && !line.endsWith(' 0'));
}

it('a host that has joined and never connected is listed as that, with what to do', async () => {
  const { token } = await makeToken();
  await enroll({ token, host: 'h2' });
  const { items } = await rig().fleet.listHosts({ limit: 9 });
  expect(items).toEqual([await rig().fleet.findHost('h2')]);
  expect(items).toMatchObject([
    {
      host: 'h2',
      state: 'joined',
      key_state: 'active',
      first_seen_at: '2026-01-01T00:00:00.000Z',
      connected_at: null,
      seen_at: null,
      agent_version: null,
      tenants: [],
      problems: [
        {
          message: 'it joined at 2026-01-01 00:00:00 UTC and has never connected',
          hint: expect.stringContaining('systemctl enable --now drover-agent'),
        },
      ],
    },
  ]);
  expect(await readHostMetrics()).toEqual(['drover_hosts{state="joined"} 1']);
});

it('a tenant that was moved to such a host is told why nothing happens, and is upgraded once the host connects', async () => {
  await connectHost('acme');
  await enroll({ token: (await makeToken()).token, host: 'h2' });
  expect(await rig().fleet.moveTenant('acme', 'h2')).toMatchObject({ host: 'h2', host_state: 'joined' });
  await expect(plan('acme')).rejects.toMatchObject({
    code: 'offline',
    message: 'h2 has joined and never connected, and only its agent can make a plan',
    hint: expect.stringContaining('systemctl enable --now drover-agent'),
  });
  expect(await rig().fleet.upgrade('acme', upgradeBody)).toMatchObject({ delivery: { state: 'offline' } });
  expect(await readHostMetrics()).toEqual(['drover_hosts{state="connected"} 1', 'drover_hosts{state="joined"} 1']);
  await expect(rig().fleet.moveTenant('acme', 'h3')).rejects.toMatchObject({
    code: 'unknown-host',
    message: 'no host h3 has joined',
  });
});

it('a host whose key is refused is listed as that, and its tenants get no upgrade that could never begin', async () => {
  const peer = await connectHost('acme');
  await rig().core.joining.revokeHost('h1', tester);
  await peer.closed;
  expect(await rig().fleet.findHost('h1')).toMatchObject({ state: 'revoked', key_state: 'revoked' });
  expect(await rig().fleet.findTenant('acme')).toMatchObject({ host_state: 'revoked' });
  const refusal = { code: 'offline', hint: expect.stringContaining('drover join-tokens create --host h1') };
  await expect(plan('acme')).rejects.toMatchObject({
    ...refusal,
    message: 'the key of h1 is revoked, and only its agent can make a plan',
  });
  await expect(rig().fleet.upgrade('acme', upgradeBody)).rejects.toMatchObject({
    ...refusal,
    message: 'the key of h1 is revoked, and no upgrade begins there',
  });
  expect((await rig().fleet.listUpgrades({ limit: 9 })).items).toEqual([]);
  expect(await readHostMetrics()).toEqual(['drover_hosts{state="revoked"} 1']);
});
