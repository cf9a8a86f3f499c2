// The command line has all that the API has: every route, and every key that a route takes, is used by some command. Both
// come from their tables.
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { commands } from '../../../../controller/cli/commands.js';
import { startRig, tester } from '../../../helpers/controller/controller_rig.js';
import { connectRolloutHost } from '../../../helpers/controller/rollout_host.js';
import { token } from '../../../helpers/controller/serve_api.js';
import { recordRequests, type RecordedRequest } from '../../../helpers/controller/record_requests.js';
import type { MemoryFleet } from '../../../helpers/controller/memory_fleet.js';
import { begin, finish, plan } from '../../../unit/shared/terminal/streams.js';
import { useOperator } from './drover.js';

const id = '019b2692-0000-7000-8000-00000000000a';
const why = ['--reason', 'a test'];
const commit = '1'.repeat(40);
const asked = ['--force', '--allow-downgrade', '--from', 'v0.1.0', '--commit', commit];

const settings = (
  '--canary 1 --waves 10%,50% --max-parallel 5 --per-host 2 --soak 30m --pause-after-canary --wave-deadline 2h ' +
  '--failures 2 --repeats 3 --start-within 1h --unreachable-after 15m --give-up-after 3d --reconnect-jitter 0s ' +
  // The hosts of the fleet plan have it.
  `--commit ${plan.target?.commit ?? ''}`
)
  .split(' ')
  .concat('--window', 'mon-sun 00:00-23:59 UTC');

/** Command lines that use all of a command, in an order that works; none where a command asks no controller. */
const examples: Readonly<Record<string, readonly (readonly string[])[]>> = {
  status: [['--where', 'ring=canary'], ['testsite']],
  plan: [['testsite', 'v0.4.0', ...asked]],
  upgrade: [['testsite', 'v0.4.0', ...asked, '--start-within', '8h', '--detach', ...why]],
  logs: [['testsite']],
  cancel: [['testsite', '--force', ...why]],
  rollback: [['testsite', '--restore-database', ...why]],
  resume: [['testsite', '--accept', ...why]],
  history: [['testsite']],
  'hooks list': [['testsite', 'v0.4.0']],
  'hooks history': [['testsite']],
  'hooks mark': [['testsite', 'v0.4.0', '--done', '--phase', 'post-pull', ...why]],
  'rollout plan': [
    ['v0.4.0', '--where', 'slug=testsite', ...why],
    ['--list', '--limit', '5'],
    ['--show', 'PLAN'],
    ['--cancel', 'PLAN', ...why],
  ],
  'rollout start': [['v0.4.0', '--plan', 'PLAN', '--approve', 'all', '--where', 'slug=testsite', ...settings, ...why]],
  'rollout list': [['--limit', '5']],
  'rollout show': [['ROLLOUT'], ['ROLLOUT', '--targets', '--stage', 'waiting', '--outcome', 'success', '--wave', '1']],
  'rollout watch': [['ROLLOUT']],
  'rollout pause': [['ROLLOUT', ...why]],
  'rollout resume': [['ROLLOUT', '--failures', '5%', ...why]],
  'rollout abort': [['ROLLOUT', ...why]],
  'rollout retry': [
    ['ROLLOUT', 'testsite', '--fixed', ...why],
    ['ROLLOUT', 'testsite', '--fixed', '--yes', ...why],
  ],
  'rollout waive': [['ROLLOUT', 'testsite', ...why]],
  'rollout approve': [['ROLLOUT', '--plan', '2a91', '--next-wave', ...why]],
  'rollout rollback': [['ROLLOUT', '--yes', ...why]],
  'freeze list': [['--limit', '5']],
  'freeze start': [
    [
      'xmas',
      '--where',
      'slug=testsite',
      '--from',
      '2099-12-24 18:00',
      '--until',
      '2099-12-31',
      '--zone',
      'UTC',
      ...why,
    ],
  ],
  'freeze except': [['xmas', 'testsite', ...why]],
  'freeze end': [['xmas', ...why]],
  tenants: [['--where', 'ring=canary'], ['testsite']],
  'tenants move': [['testsite', 'h2', ...why]],
  'tenants label': [['testsite', 'ring=canary', 'region=', ...why]],
  'tenants forget': [['testsite', ...why]],
  hosts: [[], ['h1']],
  'hosts revoke': [['h1', ...why]],
  'join-tokens create': [['--host', 'web-*', '--uses', '2', '--expires-in', '8h', ...why]],
  'join-tokens list': [[]],
  'join-tokens revoke': [['one', ...why]],
  upgrades: [['--tenant', 'testsite', '--host', 'h1', '--status', 'queued', '--limit', '5']],
  audit: [['--tenant', 'testsite', '--host', 'h1', '--by', 'tester', '--action', 'upgrade', '--limit', '5']],
  'tokens create': [['anna', '--role', 'viewer', '--scope', 'slug=acme', '--expires-in', '90d', ...why]],
  'tokens list': [[]],
  'tokens revoke': [['anna', ...why]],
  'webhooks list': [[]],
  'webhooks create': [['chat', 'https://127.0.0.1:9/', '--events', 'host.offline', '--scope', 'slug=acme', ...why]],
  'webhooks test': [['chat', ...why]],
  'webhooks deliveries': [['chat', '--state', 'waiting', '--limit', '5']],
  'webhooks redeliver': [['chat', '1', ...why]],
  'webhooks rotate': [['chat', ...why]],
  'webhooks remove': [['chat', ...why]],
  'context list': [],
  'context add': [],
  'context use': [],
  'context remove': [],
};

/** What no command asks for, and why. */
const left = [
  // For probes and for scripts.
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  // `drover logs` renders the events, in colours, and goes on where a connection breaks.
  'GET /api/v1/upgrades/{id}/log',
  // Lists follow `next` by themselves, and streams `Last-Event-ID`.
  /^GET \S+ (limit|cursor)$/,
  'GET /api/v1/upgrades/{id}/events after',
];

const described = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z.array(z.object({ name: z.string(), in: z.string() })).default([]),
        requestBody: z
          .object({
            content: z.object({
              'application/json': z.object({ schema: z.looseObject({ properties: z.looseObject({}) }) }),
            }),
          })
          .optional(),
      }),
    ),
  ),
});

/** What is asked for ends at once, as on a host that has nothing to do. */
function actAsHost(fleet: MemoryFleet): void {
  const [cancel, rollback, resume] = [fleet.cancel.bind(fleet), fleet.rollback.bind(fleet), fleet.resume.bind(fleet)];
  const end = <Asked extends { id: string }>(asked: Asked, status: 'cancelled' | 'rolled_back' | 'success') => {
    setImmediate(() => fleet.append(asked.id, finish(status, 'v0.1.0')));
    return asked;
  };
  fleet.cancel = async (...words) => end(await cancel(...words), 'cancelled');
  fleet.rollback = async (...words) => end(await rollback(...words), 'rolled_back');
  fleet.resume = async (...words) => end(await resume(...words), 'success');
}

/** `METHOD path` of every route, and `METHOD path key` of every key of its query and its body. */
function listWhole(description: unknown): string[] {
  return Object.entries(described.parse(description).paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters, requestBody }]) => {
      const route = `${method.toUpperCase()} ${path}`;
      const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      const body = Object.keys(requestBody?.content['application/json'].schema.properties ?? {});
      return [route, ...[...query, ...body].map((key) => `${route} ${key}`)];
    }),
  );
}

const isLeft = (entry: string) => left.some((one) => (typeof one === 'string' ? one === entry : one.test(entry)));

function listUsed(requests: readonly RecordedRequest[], whole: readonly string[]): string[] {
  const patterns = whole
    .filter((entry) => entry.split(' ').length === 2)
    .map((route) => ({ route, shape: shapeOf(route) }));
  return requests.flatMap(({ method, path, keys }) => {
    const route = patterns.find(({ shape }) => shape.test(`${method} ${path}`))?.route;
    return route === undefined ? [] : [route, ...keys.map((key) => `${route} ${key}`)];
  });
}

const shapeOf = (route: string) => new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

it('has an example of every command', () => {
  expect(Object.keys(examples).toSorted()).toEqual(
    commands
      .map(({ name }) => name)
      .filter((name) => name !== 'completion')
      .toSorted(),
  );
});

it('uses every route of the API, and every key that it takes', async () => {
  const rig = await startRig();
  onTestFinished(() => rig.close());
  await connectRolloutHost(rig, { host: 'h1', tenants: ['testsite'] });
  const { rolloutsFor, freezesFor } = rig.core;
  const rollouts = rolloutsFor({ scope: null, actor: tester });
  const { url, fleet, begin: start } = await useOperator({ rolloutsFor, freezesFor });
  const recorder = await recordRequests(url);
  const env = { DROVER_URL: recorder.url, DROVER_TOKEN: token };
  actAsHost(fleet);
  fleet.add(id);
  fleet.append(id, begin, finish('success', 'v0.4.0'));
  for (const name of commands.map((command) => command.name)) {
    for (const given of examples[name] ?? []) {
      const [plans, started] = [await rollouts.listPlans({ limit: 1 }), await rollouts.list({ limit: 1 })];
      const ids: Readonly<Record<string, string | undefined>> = {
        PLAN: plans.items[0]?.id,
        ROLLOUT: started.items[0]?.id,
      };
      const words = given.map((word) => ids[word] ?? word);
      const { exitCode, stderr } = await start([...name.split(' '), ...words], { env }).done;
      expect([0, 1, 2, 10], `${name} ${words.join(' ')}: ${stderr}`).toContain(exitCode);
      expect(stderr, `${name} ${words.join(' ')}`).not.toMatch(/Usage:|has no option/);
    }
  }
  const whole = listWhole(await (await fetch(`${url}/openapi.json`)).json());
  const used = new Set(listUsed(recorder.requests, whole));
  expect(whole.length).toBeGreaterThan(40);
  expect(whole.filter((entry) => !used.has(entry) && !isLeft(entry))).toEqual([]);
});
