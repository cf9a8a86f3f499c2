// The API over a simulated fleet, for what is refused: each refusal leaves the store as it was.
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished } from 'vitest';
import { systemClock } from '../../../../shared/os/clock.js';
import { problemSchema } from '../../../../shared/wire/api.js';
import { tester } from '../../../helpers/controller/controller_rig.js';
import { startApi } from '../../../helpers/controller/serve_api.js';
import { openSimulatedFleet, type SimulatedFleetOptions } from '../../../helpers/controller/simulated_fleet.js';

interface Answer {
  status: number;
  code: string | undefined;
  /** What it says, with the way out. */
  text: string;
}

/** A fleet, and the API of its controller, which are there until the test has finished. */
export async function openApi(options: Partial<SimulatedFleetOptions> = {}) {
  const fleet = await openSimulatedFleet({ hosts: { h1: ['anna', 'bert'], h2: ['cora'] }, ...options });
  const { core, storeFile } = fleet.rig;
  const { fleetFor, rolloutsFor, freezesFor, access, joining, tokenEnds, store } = core;
  const parts = { fleetFor, rolloutsFor, freezesFor, access, joining, tokenEnds, tokens: store.tokens };
  const api = await startApi({ fleet: fleet.rig.fleet, ...parts, clock: systemClock });
  onTestFinished(() => api.close());
  const { token } = await access.makeToken({ name: 'api', role: 'admin', scope: null, expiresInMs: null }, tester);

  const post = async (path: string, body: unknown, key?: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${api.url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };

  /** All that is stored of upgrades and of what people did. */
  const readAll = (): unknown => {
    const database = new DatabaseSync(storeFile, { readOnly: true });
    const tables = [
      'rollouts',
      'rollout_targets',
      'fleet_plans',
      'planned_tenants',
      'freezes',
      'orders',
      'upgrades',
      'audit',
    ];
    const rows = tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all());
    database.close();
    return rows;
  };

  return {
    fleet,
    post,
    /** Refused, and nothing has changed. */
    refuse: async (path: string, body: unknown, key?: string): Promise<Answer> => {
      const before = readAll();
      const answer = await post(path, body, key);
      expect(readAll()).toEqual(before);
      const { code, title, detail, hint } = problemSchema.parse(answer.body);
      return { status: answer.status, code, text: [title, detail, hint].join(' ') };
    },
  };
}
