// What `systemctl status` shows of the agent.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startServiceStatus, type ServiceStatus, type ShownUpgrade } from '../../../../agent/report/service_status.js';
import { AppError } from '../../../../shared/errors.js';
import type { EventOf } from '../../../../shared/model/journal/events.js';

const begin: EventOf<'begin'> = {
  n: 1,
  at: '2026-11-30T10:00:00.000Z',
  type: 'begin',
  version: 1,
  id: 'one',
  tenant: 'testsite',
  host: 'web-17',
  request: { version: 'v0.4.0', force: false, allow_downgrade: false, from: null, commit: null },
  plan: null,
  current_version: 'v0.3.0',
  config: null,
};
const step: EventOf<'step-begin'> = {
  n: 2,
  at: '2026-11-30T10:00:01.000Z',
  type: 'step-begin',
  step: 'migrate',
  stage: 'run',
};

const problemOf = (file: string) => ({
  file,
  slug: null,
  saysSlug: false,
  isConflict: false,
  error: new AppError('config', 'is empty'),
});

let upgrades: ShownUpgrade[];
let broken: string[];
let changeFiles: () => void;
let told: string[];
let status: ServiceStatus;
beforeEach(() => {
  vi.useFakeTimers();
  upgrades = [];
  broken = [];
  told = [];
  status = startServiceStatus({
    upgrades: { list: () => upgrades },
    tenants: {
      count: () => 2,
      list: () => ({ good: new Map(), problems: broken.map(problemOf) }),
      onChange(listener) {
        changeFiles = listener;
        return () => undefined;
      },
    },
    tell: (text) => told.push(text),
  });
});
afterEach(() => {
  status.close();
  vi.useRealTimers();
});

test('shows an upgrade from its plan over its steps to its end', () => {
  upgrades = [{ tenant: 'testsite', waiting: 'checking', journal: null }];
  status.noteUpgrade();
  const shown = { tenant: 'testsite', waiting: null };
  upgrades = [{ ...shown, journal: { events: [begin] } }];
  vi.advanceTimersByTime(1000);
  upgrades = [{ ...shown, journal: { events: [begin, step] } }];
  vi.advanceTimersByTime(5000);
  upgrades = [{ ...shown, journal: { events: [begin, step, { ...step, n: 3, step: 'checkout', stage: 'undo' }] } }];
  vi.advanceTimersByTime(5000);
  upgrades = [];
  status.noteEnd();
  expect(told).toEqual([
    'no upgrade runs; 2 tenants',
    'testsite: the plan is made',
    'testsite: v0.3.0 -> v0.4.0',
    'testsite: v0.3.0 -> v0.4.0 [10/14 migrate]',
    'testsite: v0.3.0 -> v0.4.0 [undo checkout]',
    'no upgrade runs; 2 tenants',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test('says little of many upgrades, and not of each that is accepted', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (const tenant of names) {
    upgrades = [...upgrades, { tenant, waiting: 'checking', journal: null }];
    status.noteUpgrade();
  }
  upgrades = [...upgrades, { tenant: 'h', waiting: 'queued', journal: null }];
  expect(told.slice(1)).toEqual(['a: the plan is made']);
  vi.advanceTimersByTime(1000);
  expect(told.slice(2)).toEqual([
    `${names
      .slice(0, 5)
      .map((tenant) => `${tenant}: the plan is made`)
      .join('; ')}; 2 more run; 1 waits for its turn`,
  ]);
});

test('shows what is wrong with the configuration before all else, until it is mended', () => {
  status.setProblem('agent.yaml:1: hst: unknown key');
  status.setProblem('agent.yaml:1: hst: unknown key');
  status.setProblem(null);
  expect(told.slice(1)).toEqual([
    'agent.yaml:1: hst: unknown key; no upgrade runs; 2 tenants',
    'no upgrade runs; 2 tenants',
  ]);
});

test('names the tenant file that cannot be used, or says how many there are', () => {
  for (const files of [['/etc/drover/tenants.d/anna.yaml'], ['a.yaml', 'b.yaml'], []]) {
    broken = files;
    changeFiles();
  }
  expect(told.slice(1)).toEqual([
    'mistakes in anna.yaml (drover-agent check); no upgrade runs; 2 tenants',
    'mistakes in 2 tenant files (drover-agent check); no upgrade runs; 2 tenants',
    'no upgrade runs; 2 tenants',
  ]);
});

test('says at its end what waits for the next agent', () => {
  upgrades = [{ tenant: 'testsite', waiting: null, journal: { events: [begin, step] } }];
  status.close();
  upgrades = [];
  status.close();
  expect(told.slice(1)).toEqual([
    'stopped; the next agent goes on with testsite: v0.3.0 -> v0.4.0 [10/14 migrate]',
    'stopped',
  ]);
});
