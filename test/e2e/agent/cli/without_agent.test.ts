// `drover-agent` where no agent runs, where the tenant is unknown, and where a file is bad.
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { planSchema } from '../../../../shared/model/plan/plan.js';
import { resultSchema } from '../../../../shared/model/result.js';
import { gatedRelease, openGate } from '../../../helpers/agent/gated_release.js';
import { startTestController } from '../../../helpers/controller/test_controller.js';
import { parseOutput, statusSchema, useCliHosts } from './run_cli.js';

const hosts = useCliHosts();
const failed = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

describe('without a running agent', () => {
  test('status reads the files, and starts none', async () => {
    const host = await hosts.open({ hasService: false });
    const { exitCode, stdout, stderr } = await host.cli('status');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^test-host: no agent runs now$/m);
    expect(stdout).toMatch(/^testsite +v0\.1\.0 \(detected\) +[0-9a-f]{12} +none yet +idle$/m);
    expect(existsSync(path.join(host.stateFolder, 'agent.log'))).toBe(false);
  });

  test('plan starts one for itself, whose log only root reads and which ends', async () => {
    const host = await hosts.open({ hasService: false });
    const { exitCode, stdout } = await host.cli('plan', 'testsite', 'v0.4.0', '--json');
    expect(exitCode).toBe(10);
    expect(parseOutput(planSchema, stdout)).toMatchObject({ kind: 'upgrade', target: { version: 'v0.4.0' } });
    await host.agentsHaveEnded();
    const log = path.join(host.stateFolder, 'agent.log');
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(readFileSync(log, 'utf8')).toContain('"why":"idle"');
    expect(existsSync(path.join(host.stateFolder, 'agent.sock'))).toBe(false);
  });

  test('two commands at once share what is started', async () => {
    const host = await hosts.open({ hasService: false });
    const both = await Promise.all(['v0.4.0', 'v0.1.0'].map((version) => host.begin('plan', 'testsite', version).done));
    expect(both.map(({ exitCode }) => exitCode)).toEqual([10, 0]);
  });

  test('an upgrade outlives the command that asked for it', async () => {
    const host = await hosts.open();
    const upgrade = host.begin('upgrade', 'testsite', 'v0.2.9');
    await upgrade.prints('waiting at the gate');
    upgrade.kill('SIGKILL');
    await upgrade.done;
    const following = host.begin('logs', 'testsite', '--follow');
    await following.prints('waiting at the gate');
    openGate(host);
    expect(await following.done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('== success') });
    expect((await host.look()).head).toBe('v0.2.9');
  });

  test('what keeps an agent from starting is the command’s own error', async () => {
    const host = await hosts.open({ hasService: false });
    appendFileSync(host.configFile, 'tenants_dir: /nowhere/tenants.d\n');
    const { exitCode, stdout } = await host.cli('plan', 'testsite', '--json');
    expect(exitCode).toBe(2);
    expect(parseOutput(failed, stdout).error).toMatchObject({
      code: 'config',
      message: expect.stringContaining('/nowhere/tenants.d'),
    });
  });
});

describe('an unknown tenant', () => {
  test.each([
    ['status', 'nosuch'],
    ['plan', 'nosuch'],
    ['logs', 'nosuch'],
    ['rollback', 'nosuch'],
    ['hooks', 'history', 'nosuch'],
  ])('is refused by %s %s, and the known ones are named', async (...words) => {
    const host = await hosts.open({ hasService: false });
    expect(await host.cli(...words)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^drover-agent: there is no tenant nosuch .*\n {2}There are testsite\.\n$/),
    });
  });

  test('is a refused upgrade', async () => {
    const host = await hosts.open({ hasService: false });
    const { exitCode, stdout } = await host.cli('upgrade', 'nosuch', '--json');
    expect(exitCode).toBe(2);
    expect(parseOutput(resultSchema, stdout)).toMatchObject({ status: 'refused', failure: { code: 'unknown-tenant' } });
  });
});

describe('a bad file', () => {
  test('of the agent keeps it from starting, named with line and key', async () => {
    const host = await hosts.open({ hasService: false });
    appendFileSync(host.configFile, 'max_concurrnet: 2\n');
    expect(await host.cli('run')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/agent\.yaml:\d+: max_concurrnet: unknown key; did you mean max_concurrent\?/),
    });
  });

  test('of a tenant is shown by status, which then says that it needs an operator', async () => {
    const host = await hosts.open({ hasService: false });
    appendFileSync(host.tenant.configFile, 'bogus: 1\n');
    expect(await host.cli('status')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/configuration problem[^]*testsite\.yaml:\d+: bogus: unknown key/),
    });
  });
});

test('an upgrade that the agent left behind shows as interrupted, and goes on with the next agent', async () => {
  const host = await hosts.open();
  const agent = await host.start();
  const upgrade = host.begin('upgrade', 'testsite', 'v0.2.9');
  await upgrade.prints('waiting at the gate');
  await agent.end('SIGKILL');
  expect(await upgrade.done).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('the agent disconnected') });
  const { exitCode, stdout } = await host.cli('status', '--json');
  expect(exitCode).toBe(1);
  expect(parseOutput(statusSchema, stdout)).toMatchObject({
    agent: false,
    tenants: [{ slug: 'testsite', state: 'interrupted' }],
  });
  expect(await host.cli('logs', 'testsite', '--follow')).toMatchObject({ exitCode: 3 });

  const cancelled = await host.cli('cancel', 'testsite', '--json');
  expect(parseOutput(resultSchema, cancelled.stdout).status).toBe('cancelled');
  expect(parseOutput(statusSchema, (await host.cli('status', '--json')).stdout).tenants).toMatchObject([
    { state: 'idle' },
  ]);
});

test('status does not say that an agent which only serves a command is connected', async () => {
  const controller = await startTestController();
  onTestFinished(() => controller.close());
  const host = await hosts.open({ agentKeys: controller.agentKeys });
  mkdirSync(host.stateFolder, { mode: 0o700, recursive: true });
  const left = { url: controller.url, connected: true, since: '2026-01-01T00:00:00.000Z', problem: null };
  writeFileSync(path.join(host.stateFolder, 'uplink.json'), JSON.stringify(left), { mode: 0o600 });
  const upgrade = host.begin('upgrade', 'testsite', gatedRelease.tag);
  await upgrade.prints('waiting at the gate');
  const { stdout } = await host.cli('status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    agent: true,
    controller: {
      connected: false,
      problem: { message: expect.stringContaining('only an agent that serves commands') },
    },
  });
  openGate(host);
  expect(await upgrade.done).toMatchObject({ exitCode: 0 });
});
