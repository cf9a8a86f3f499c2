// `drover context`: the controllers of an operator, and which of them a command uses.
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { token } from '../../../helpers/controller/serve_api.js';
import { useOperator, type Operator } from './drover.js';

/** Runs it with a home, and no controller in the environment. */
const atHome = ({ begin: start }: Operator, ...words: string[]) => start(words, { env: {} }).done;

describe('contexts', () => {
  it('are added, listed, chosen and removed, in a file for nobody else', async () => {
    const operator = await useOperator();
    const { home, url, begin: start } = operator;
    const tokenFile = path.join(home, 'token');
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
    expect((await atHome(operator, 'context', 'add', 'prod', url, '--token-file', tokenFile)).stdout).toBe(
      'Connected to prod (1.2.3); now the current context\n',
    );
    const add = ['context', 'add', 'other', 'http://127.0.0.1:9', '--token-stdin'];
    expect(await start(add, { env: {}, stdin: 'secret\n' }).done).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(
        'other is saved, but it does not work yet.\ndrover: the controller at http://127.0.0.1:9',
      ),
    });
    const file = path.join(home, '.config/drover/contexts.yaml');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(`token_file: ${tokenFile}`);
    const listed = await atHome(operator, 'context', 'list');
    expect(listed.stdout).toBe(`*  prod   ${url}\n   other  http://127.0.0.1:9\n`);
    expect((await atHome(operator, 'tenants')).stdout).toContain('testsite');
    expect(await atHome(operator, 'tenants', '--context', 'other')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('the controller at http://127.0.0.1:9 cannot be reached'),
    });
    expect((await atHome(operator, 'context', 'use', 'prod')).stdout).toBe(
      'Connected to prod (1.2.3); now the current context\n',
    );
    expect(await atHome(operator, 'context', 'use', 'other')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /^other is now the current context, but it does not work yet\.\ndrover: .* cannot be/,
      ),
    });
    expect((await atHome(operator, 'context', 'remove', 'other')).stdout).toContain('there is no current context now');
    expect(await atHome(operator, 'tenants')).toMatchObject({
      exitCode: 2,
      stderr: 'drover: there is no current context\n  Choose one of prod: `drover context use NAME`.\n',
    });
  });

  it('say how to add one where there is none', async () => {
    const operator = await useOperator();
    const { exitCode, stderr } = await atHome(operator, 'tenants');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('drover: there is no current context\n');
    expect(stderr).toContain('drover context add prod https://drover.example.com --token-file FILE');
    expect(stderr).toContain('DROVER_URL and DROVER_TOKEN');
    expect((await atHome(operator, 'tenants', '--context', 'prod')).stderr).toContain('there is no context "prod"');
  });

  it('are refused where others can read them, or where they are wrong, by line and key', async () => {
    const operator = await useOperator();
    const { home, url, begin: start } = operator;
    await start(['context', 'add', 'prod', url, '--token-stdin'], { env: {}, stdin: token }).done;
    const file = path.join(home, '.config/drover/contexts.yaml');
    chmodSync(file, 0o644);
    expect((await atHome(operator, 'tenants')).stderr).toMatch(/can be read by its group and everyone .*\n {2}chmod /);
    chmodSync(file, 0o600);
    writeFileSync(file, `current: prod\ncontexts:\n  prod:\n    urll: ${url}\n    token: x\n`);
    expect((await atHome(operator, 'tenants')).stderr).toContain(
      `${file}:4: contexts.prod.urll: unknown key; did you mean url?`,
    );
  });

  it.each([
    [
      ['context', 'add', 'prod', 'ftp://x'],
      'the URL of the controller must be a URL such as https://drover.example.com',
    ],
    [['context', 'add', 'prod', 'https://me:pw@x'], 'must hold no name and no password'],
    [['context', 'add', '../x', 'https://x', '--token-stdin'], '"../x" is no name of a context'],
    [['context', 'add', 'prod', 'https://x'], 'choose one of --token-file and --token-stdin'],
    [['context', 'add', 'prod', 'https://x', '--token-file', '/nowhere'], '/nowhere: does not exist'],
    [['webhooks', 'create', 'chat', 'ftp://x'], 'the URL of the webhook must be a URL such as https://hooks.'],
    [['context', 'use', 'prod'], 'there is no context "prod"'],
    [['logs', 'NoTenant'], '"NoTenant" is neither the id of an upgrade nor a tenant'],
    [['upgrades', '--limit', '0'], '--limit wants a whole number from 1 to 1000'],
    [['upgrades', '--status', 'done'], '--status wants one of queued, running'],
    [['upgrade', 'testsite', '--commit', 'abc'], '--commit wants a whole commit id'],
    [['upgrade', 'testsite', '--start-within', 'soon'], '--start-within wants a time from 1s to 7d'],
    [['upgrade', 'testsite', '--start-within', '8d'], '--start-within wants a time from 1s to 7d'],
  ])('and words that mean nothing are usage errors: %j', async (words, message) => {
    const operator = await useOperator();
    const { exitCode, stderr } = await atHome(operator, ...words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
  });

  it('never send their token to the URL of the environment', async () => {
    const { begin: start, url } = await useOperator();
    expect((await start(['tenants'], { env: { DROVER_URL: url } }).done).stderr).toContain('DROVER_TOKEN is not');
    expect((await start(['tenants'], { env: { DROVER_URL: 'x', DROVER_TOKEN: 'y' } }).done).stderr).toContain(
      'DROVER_URL must be a URL',
    );
  });
});
