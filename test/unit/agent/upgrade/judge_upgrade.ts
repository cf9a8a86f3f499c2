// Runs an upgrade of the model to its end, and says whether its tenant is whole.
import { createHost, runScenario, statusOf, type Host } from './model.js';
import type { Scenario, World } from './model_tenant.js';

export const oldTenant = { services: true, code: 'old', env: 'old', data: ['row'], record: 'old' };
const hooks = ['hooks-pre-pull', 'hooks-post-pull', 'hooks-pre-migrate'];
export const newTenant = {
  services: true,
  code: 'new',
  env: 'new',
  data: ['row', ...hooks, 'migrated', 'hooks-post-migrate'],
  record: 'new',
};

export async function run(scenario: Scenario, host: Host = createHost()) {
  await runScenario(scenario, host);
  const { events } = host.store;
  return { world: host.world, events, finish: statusOf(events) };
}

/** The points of an upgrade that nothing disturbs. */
export async function countPoints(scenario: Scenario): Promise<number> {
  return (await run(scenario)).world.points;
}

export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_unused, index) => from + index);

/** Without a power cut no command may have been started twice. */
export function findTwice({ started }: World): string[] {
  return started.filter((key, index) => started.indexOf(key) !== index);
}

export const isOld = ({ tenant }: Pick<World, 'tenant'>) => JSON.stringify(tenant) === JSON.stringify(oldTenant);
export const isNew = ({ tenant }: Pick<World, 'tenant'>) => JSON.stringify(tenant) === JSON.stringify(newTenant);
export const isWhole = (world: World) => isOld(world) || isNew(world);
