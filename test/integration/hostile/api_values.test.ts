// Every place of the API that takes a value gets every hostile value: it is answered, and nothing else happens.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { toErrorBody } from '../../../shared/model/error_body.js';
import { controllerFrameSchema } from '../../../shared/wire/protocol.js';
import { frameText } from '../../../shared/wire/websocket.js';
import { problemSchema, type Problem } from '../../../shared/wire/api.js';
import { startApi, type Api } from '../../helpers/controller/serve_api.js';
import { startRig, type ControllerRig } from '../../helpers/controller/controller_rig.js';
import { connectPeer, type ProtocolPeer } from '../../helpers/controller/protocol_peer.js';
import { deepJson, findUnsafeText, hostileTexts, hostileValues } from '../../helpers/hostile_values.js';

const parameters = z.array(z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']) })).default([]);
const body = z.object({
  content: z.object({
    'application/json': z.object({ schema: z.object({ properties: z.record(z.string(), z.unknown()) }) }),
  }),
});
const described = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.object({ parameters, requestBody: body.optional() }))),
});

interface Place {
  method: string;
  path: string;
  in: 'path' | 'query' | 'header' | 'body';
  name: string;
}

let rig: ControllerRig;
let peer: ProtocolPeer;
let api: Api;
let places: Place[];

beforeAll(async () => {
  rig = await startRig();
  peer = await connectPeer({ ...rig, host: 'h1', tenants: ['testsite'] });
  answerAtOnce(peer);
  api = await startApi({ fleet: rig.fleet });
  places = findPlaces(described.parse(await (await api.ask('/openapi.json')).json()));
});
afterAll(async () => {
  await api.close();
  await peer.vanish();
  await rig.close();
});

/** What a request waits for is declined. */
function answerAtOnce(agent: ProtocolPeer): void {
  agent.socket.on('message', (data) => {
    const frame = controllerFrameSchema.parse(JSON.parse(frameText(data)));
    if (frame.type !== 'rollback' && frame.type !== 'resume' && frame.type !== 'mark') return;
    const error = toErrorBody(new AppError('nothing-to-do', 'there is nothing to do'));
    agent.send({ type: 'answer', request_id: frame.request_id, upgrade: null, error });
  });
}

function findPlaces({ paths }: z.infer<typeof described>): Place[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters: given, requestBody }]) => [
      ...given.map(({ name, in: where }) => ({ method, path, in: where, name })),
      ...Object.keys(requestBody?.content['application/json'].schema.properties ?? {}).map((name) => ({
        method,
        path,
        in: 'body' as const,
        name,
      })),
    ]),
  );
}

const good: Readonly<Record<string, string>> = {
  slug: 'testsite',
  host: 'h1',
  id: '01890000-0000-7000-8000-000000000000',
};

async function send({ method, path, ...place }: Place, value: unknown): Promise<Response> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(place.in === 'path' && place.name === name ? wellFormed(text) : (good[name] ?? 'x')),
  );
  const query = place.in === 'query' ? `?${new URLSearchParams({ [place.name]: wellFormed(text) }).toString()}` : '';
  const json = place.in === 'body' ? JSON.stringify({ [place.name]: value }) : '{}';
  return api.ask(filled + query, {
    method,
    ...(method === 'get' ? {} : { body: json }),
    headers: {
      // Nobody answers: an order is enough.
      ...(method === 'get' ? {} : { 'content-type': 'application/json' }),
      ...(place.in === 'header' ? { [place.name]: headerText(text) } : {}),
    },
    signal: AbortSignal.timeout(20_000),
  });
}

/** As the encoding of URLs needs it. */
const wellFormed = (text: string) => Buffer.from(text).toString();

/** What `fetch` lets through as a header. */
const headerText = (text: string) => text.replaceAll(/[^\t\u0020-\u007e]/g, '?').slice(0, 10_000);

/** What is wrong with the answers to these values in these places. */
async function tryAll(where: readonly Place[], values: readonly (readonly [string, unknown])[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const place of where) {
    for (const [what, value] of values) {
      const response = await send(place, value);
      const faults = response.ok ? [] : faultsOf(problemSchema.parse(await response.json()));
      if (response.ok) await response.body?.cancel();
      const told = `${place.method} ${place.path}, ${what} as ${place.in} ${place.name}`;
      complaints.push(...faults.map((fault) => `${told}: ${fault}`));
    }
  }
  return complaints;
}

function faultsOf({ status, detail, hint }: Problem): string[] {
  return [...(status < 500 ? [] : [`the status is ${status}`]), ...findUnsafeText(`${detail}\n${hint ?? ''}`)];
}

describe('a hostile value', () => {
  it('is answered by every parameter of every route', async () => {
    const named = places.filter((place) => place.in !== 'body' && !isPlan(place));
    expect(named.length).toBeGreaterThan(15);
    expect(await tryAll(named, hostileTexts)).toEqual([]);
  });

  it('is answered by every key of every body', async () => {
    const keys = places.filter((place) => place.in === 'body' && !isPlan(place));
    expect(keys.length).toBeGreaterThan(5);
    expect(await tryAll(keys, hostileValues)).toEqual([]);
  });

  it.each([
    ['nested 100,000 deep', deepJson(100_000)],
    ['cut short', '{"version": "v0.1'],
    ['with a key twice', '{"version":"v1.0.0","version":"v2.0.0"}'],
    ['with a key of the prototype', '{"__proto__": {"force": true}}'],
    ['that is a list', '[]'],
    ['that is a number', '1e999'],
    ['of invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ])('is answered as a body %s', async (_what, text) => {
    const response = await api.ask('/api/v1/tenants/testsite/upgrade', {
      method: 'post',
      body: text,
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBeLessThan(500);
    await response.body?.cancel();
  });

  it('leaves the controller and its agents as they were', async () => {
    expect((await api.ask('/healthz')).status).toBe(200);
    expect(rig.core.link.isConnected('h1')).toBe(true);
    const upgrades = await rig.fleet.listTenants({ limit: 100 });
    expect(upgrades.items.map(({ slug }) => slug)).toEqual(['testsite']);
    expect(rig.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

/** A plan waits for its agent; what it takes is what an upgrade takes. */
const isPlan = ({ path }: Place) => path.endsWith('/plan');
