// The status of a host, as people see it.
import { describe, expect, it } from 'vitest';
import type { HostStatus, TenantStatus } from '../../../../agent/cli/read_status.js';
import { renderHostStatus, renderTenantStatus } from '../../../../agent/cli/render_status.js';
import { createStyle } from '../../../../shared/terminal/screen/style.js';

const style = createStyle(false);
const screen = { style, width: null };
const latest = {
  id: 'u1',
  status: 'success',
  tenant: 'anna',
  host: 'h1',
  previous_version: 'v0.1.0',
  new_version: 'v0.4.0',
  current_version: 'v0.4.0',
  started_at: '2025-12-16T10:15:00.000Z',
  finished_at: '2025-12-16T10:15:30.000Z',
  step: null,
  message: null,
  needs_operator: false,
} as const;
const anna: TenantStatus = {
  slug: 'anna',
  state: 'idle',
  version: 'v0.4.0',
  commit: 'abc123def4567890',
  detected: false,
  previous_version: 'v0.1.0',
  recorded_at: '2025-12-16T10:15:29.000Z',
  marks: [],
  hold: null,
  latest,
  upgrades: [latest],
  places: { app_dir: '/srv/anna', data_dir: '/srv/anna/db', user: 'anna', log_dir: '/var/log/drover/anna' },
  problems: [],
};
const host = (...tenants: TenantStatus[]): HostStatus => ({
  host: 'h1',
  agent: true,
  controller: null,
  tenants,
  problems: [],
});

describe('the status of all tenants', () => {
  it('has a line for each: version, commit, latest upgrade, state', () => {
    const bert = { ...anna, slug: 'bert', version: null, commit: null, latest: null };
    expect(renderHostStatus(host(anna, bert), screen).split('\n')).toEqual([
      'h1: an agent runs',
      'TENANT  VERSION  COMMIT        LATEST UPGRADE                STATE',
      'anna    v0.4.0   abc123def456  success, 2025-12-16 10:15:30  idle',
      'bert    -        -             none yet                      idle',
    ]);
  });

  it('says why a tenant needs an operator, and the commands that lead out', () => {
    const hold = { reason: 'data-changed', message: 'unhealthy', hint: '`drover-agent resume anna`' };
    expect(
      renderHostStatus(host({ ...anna, state: 'needs_operator', hold }), screen)
        .split('\n')
        .slice(-4),
    ).toEqual([
      'anna',
      '  unhealthy',
      '  `drover-agent resume anna`',
      '  needs an operator (data-changed) since its upgrade u1',
    ]);
  });

  it('says of a tenant that is down that it is', () => {
    const hold = { reason: 'undo-failed', message: 'anna is DOWN', hint: 'resume', services: 'down' } as const;
    const text = renderHostStatus(host({ ...anna, state: 'needs_operator', hold }), screen);
    expect(text).toContain('DOWN, needs an operator\n');
  });

  it('says which step runs', () => {
    const running = { ...anna, state: 'running', latest: { ...latest, status: 'running', step: 'migrate' } } as const;
    expect(renderHostStatus(host(running), screen)).toContain('running: migrate');
  });

  it('says that an interrupted upgrade needs an agent', () => {
    const text = renderHostStatus({ ...host({ ...anna, state: 'interrupted' }), agent: false }, screen);
    expect(text).toContain('no agent runs');
    expect(text).toContain('systemctl start drover-agent\n');
    expect(text).toContain('without the service: drover-agent run');
  });

  it('shows what is wrong with files, also of nobody', () => {
    const broken = { ...anna, problems: [{ message: 'anna.yaml:3: bogus: unknown key', hint: 'correct it' }] };
    const text = renderHostStatus({ ...host(broken), problems: [{ message: 'x.yaml: is empty', hint: null }] }, screen);
    expect(text).toContain('configuration problem');
    expect(text).toContain('  anna.yaml:3: bogus: unknown key\n    correct it');
    expect(text).toContain('x.yaml: is empty');
  });
});

describe('the status of one tenant', () => {
  it('adds its places, its marks and its latest upgrades', () => {
    const mark = { tag: 'v0.4.0', phase: null, as: 'done', reason: 'by hand', at: '' } as const;
    const text = renderTenantStatus(host(), { ...anna, marks: [mark] }, style);
    expect(text).toMatch(/app +\/srv\/anna$/m);
    expect(text).toMatch(/mark +v0\.4\.0 all phases: done \(by hand\)/);
    expect(text).toMatch(/2025-12-16 10:15:00 {2}success {2}v0\.1\.0 → v0\.4\.0 {2}u1/);
  });
});
