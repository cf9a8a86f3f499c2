// What a webhook gets of a real agent: upgrades, drift, and a host that goes and comes back, also over a kill of the controller.
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { webhookBodyOf, webhookEventKinds } from '../../../shared/model/webhook_events.js';
import { openReceiver, type Receiver } from '../../helpers/controller/webhook_receiver.js';
import { useFleet } from '../drover/fleet.js';
import { hookScript } from '../upgrade/hosts.js';

const failing = 'v0.2.1';
const failingHook = { [`release/${failing}.post-pull.sh`]: hookScript('post-pull', 'exit 3') };
const openFleet = useFleet([{ base: 'v0.2.0', tag: failing, files: failingHook }], {
  webhooks: { allow: ['127.0.0.0/8'], offline_after: '1s' },
});

/** What was received, each event once, in order, but for the first `host.connected`: the webhook may be made before or after that. */
function listEvents({ received }: Receiver) {
  const events = new Map(received.map(({ id, parsed }) => [id, parsed]));
  const inOrder = [...events.values()].toSorted((a, b) => a.sequence - b.sequence);
  const outage = inOrder.findIndex(({ type }) => type === 'host.offline');
  return inOrder.filter(({ type }, index) => type !== 'host.connected' || (outage !== -1 && index > outage));
}

it('are told of upgrades, drift and an outage, each signed, in order, with no gap where the controller was killed', async () => {
  let isAnswered = true;
  const receiver = await openReceiver((response) => isAnswered && response.writeHead(204).end());
  const see = async (count: number) => {
    while (listEvents(receiver).length < count) await receiver.waitFor(receiver.received.length + 1);
  };
  const { host, drover, controller } = await openFleet();
  const ask = async (...words: string[]) => (await drover(...words).ended).stdout.trim();
  const checkOut = (tag: string) => {
    const cwd = host.tenant.appDir;
    return runProgram(['git', '-c', `safe.directory=${cwd}`, 'checkout', '--quiet', tag], { cwd });
  };

  const first = await ask('webhooks', 'create', 'chat', `http://127.0.0.1:${receiver.port}/in`);
  await ask('upgrade', 'testsite', 'v0.2.0');
  await see(2);
  const second = await ask('webhooks', 'rotate', 'chat');
  await checkOut('v0.1.0');
  await see(3);
  await checkOut('v0.2.0');
  await see(4);

  // From here on all is stored, and nothing is taken, until the controller is killed.
  isAnswered = false;
  await ask('upgrade', 'testsite', failing);
  await host.stop();
  const listWaiting = () => ask('webhooks', 'deliveries', 'chat', '--state', 'waiting');
  await expect.poll(listWaiting, { interval: 300, timeout: 30_000 }).toContain('host.offline');
  await controller.kill();
  isAnswered = true;
  await controller.start();
  await see(7);
  await host.start();
  await see(8);

  const about = { tenant: 'testsite', host: 'test-host' };
  const to = (version: string, data: object) => ({ data: { ...about, new_version: version, ...data } });
  expect(listEvents(receiver)).toMatchObject([
    { type: 'upgrade.began', ...to('v0.2.0', { previous_version: 'v0.1.0', what: 'upgrade' }) },
    { type: 'upgrade.ended', ...to('v0.2.0', { status: 'success', failure: null }) },
    { type: 'tenant.drift', data: { ...about, drift: expect.stringContaining('the work tree is at') } },
    { type: 'tenant.drift', data: { ...about, drift: null } },
    { type: 'upgrade.began', ...to(failing, { previous_version: 'v0.2.0' }) },
    {
      type: 'upgrade.ended',
      ...to(failing, { status: 'rolled_back', current_version: 'v0.2.0', failure: { step: 'hooks-post-pull' } }),
    },
    { type: 'host.offline', data: { host: 'test-host' } },
    { type: 'host.connected', data: { host: 'test-host' } },
  ]);

  const events = new Map(receiver.received.map(({ id, parsed }) => [id, parsed.sequence]));
  expect([...events.values()]).toEqual(Array.from(events, (_, index) => index + 1));
  const secrets = [first, second];
  for (const { body, headers, parsed } of receiver.received) {
    const kind = webhookEventKinds.find((one) => one === parsed.type) ?? 'webhook.test';
    expect(webhookBodyOf(kind).parse(parsed)).toEqual(parsed);
    const signatures = headers['webhook-signature']?.split(' ') ?? [];
    // The first secret signs alone, and beside the second one once that is there.
    for (const secret of secrets.slice(0, signatures.length)) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(parsed);
    }
  }
  expect(receiver.received.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
});
