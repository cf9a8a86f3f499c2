// `drover` and upgrades: asked for, watched, left, cancelled, turned back, and read later.
import { describe, expect, it } from 'vitest';
import { resultSchema } from '../../../../shared/model/result.js';
import { AppError } from '../../../../shared/errors.js';
import type { MemoryFleet } from '../../../helpers/controller/memory_fleet.js';
import { begin, command, finish, step } from '../../../unit/shared/terminal/streams.js';
import { useOperator } from './drover.js';

const output = { key: 'a', at: 0, next: 8, text: 'one\ntwo\n' };
const hook = [command('a', 'post-pull: v0.4.0.sh')];
const opening = [begin, ...step('migrate', hook), output];

/** Lets the next upgrade that is asked for go as given. */
function onUpgrade(fleet: MemoryFleet, act: (id: string) => void): void {
  const upgrade = fleet.upgrade.bind(fleet);
  fleet.upgrade = async (...words) => {
    const stored = await upgrade(...words);
    act(stored.id);
    return stored;
  };
}

const onlyId = ({ upgrades }: MemoryFleet) => [...upgrades.keys()][0] ?? '';

describe('drover upgrade', () => {
  it('shows the steps and what the hooks print, and ends with the result', async () => {
    const { begin: start, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.append(id, ...opening, finish('success', 'v0.4.0')));
    const { exitCode, stdout } = await start(['upgrade', 'testsite', 'v0.4.0'], { isTTY: true }).done;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('v0.1.0 → v0.4.0');
    expect(stdout).toMatch(/✓\S* 10\/14 migrate/);
    expect(stdout).toContain('post-pull: v0.4.0.sh');
    expect(stdout).toContain('two');
    expect(stdout).toContain('success: testsite is on v0.4.0');
    expect(stdout).toContain(`drover logs ${onlyId(fleet)}`);
  });

  it('gives a pipe the lines of the log', async () => {
    const { drover, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.append(id, ...opening, finish('success', 'v0.4.0')));
    const { stdout, stderr } = await drover('upgrade', 'testsite', 'v0.4.0');
    expect(stdout).toMatch(/^2025-12-16 10:15:01 upgrade /);
    expect(stdout).toContain('\n         | two\n');
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe('');
  });

  it('passes its words on', async () => {
    const { drover, fleet } = await useOperator();
    const commit = 'a'.repeat(40);
    const options = ['--force', '--allow-downgrade', '--commit', commit, '--start-within', '8h', '--detach'];
    const { stdout } = await drover('upgrade', 'testsite', 'v0.4.0', ...options);
    expect(stdout).toBe(
      `${onlyId(fleet)}: the upgrade of testsite is stored. \`drover logs ${onlyId(fleet)} -f\` follows it.\n`,
    );
    expect(fleet.asked).toEqual([
      `upgrade testsite {"version":"v0.4.0","force":true,"allow_downgrade":true,"from":null,"commit":"${commit}","start_within_s":28800}`,
    ]);
  });

  it('prints under --json the result, and nothing else', async () => {
    const { drover, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.append(id, ...opening, finish('success', 'v0.4.0')));
    const { exitCode, stdout, stderr } = await drover('upgrade', 'testsite', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(resultSchema.strict().parse(JSON.parse(stdout))).toMatchObject({ status: 'success', id: onlyId(fleet) });
  });

  it.each([
    ['rolled_back', 1],
    ['failed', 1],
  ] as const)('ends with the exit code of %s: %i', async (status, code) => {
    const { drover, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.append(id, begin, finish(status, 'v0.1.0')));
    expect((await drover('upgrade', 'testsite')).exitCode).toBe(code);
  });

  it.each([
    ['unknown-tenant', 2],
    ['busy', 2],
    ['offline', 3],
  ] as const)('says why it was not taken: %s ends with %i', async (code, exitCode) => {
    const { drover, fleet } = await useOperator();
    fleet.refusal = new AppError(code, 'because of this', { hint: 'do that' });
    const { stderr, ...rest } = await drover('upgrade', 'testsite');
    expect(rest).toEqual({ exitCode, stdout: '' });
    expect(stderr).toBe('drover: because of this\n  do that\n');
  });

  it('says that the host is offline, and goes on when it is back', async () => {
    const { begin: start, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.move(id, 'offline'));
    const started = start(['upgrade', 'testsite'], { isTTY: true });
    await started.prints('h1 is not connected: the upgrade of testsite begins when it is');
    fleet.move(onlyId(fleet), 'queued');
    await started.prints('queued on h1: it waits for another upgrade there to end');
    fleet.move(onlyId(fleet), 'checking');
    await started.prints('h1 is checking testsite');
    fleet.append(onlyId(fleet), begin);
    fleet.move(onlyId(fleet), 'unreachable');
    await started.prints('h1 is unreachable: its log of testsite goes on when it is back');
    fleet.append(onlyId(fleet), finish('success', 'v0.4.0'));
    expect(await started.done).toMatchObject({ exitCode: 0 });
  });

  it('says it once to who has no terminal', async () => {
    const { begin: start, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.move(id, 'offline'));
    const started = start(['upgrade', 'testsite']);
    await started.prints('h1 is not connected');
    fleet.append(onlyId(fleet), begin, finish('success', 'v0.4.0'));
    expect((await started.done).stderr.split('is not connected')).toHaveLength(2);
  });

  it('is left by Ctrl-C with the ways back, and goes on', async () => {
    const { begin: start, fleet } = await useOperator();
    onUpgrade(fleet, (id) => fleet.append(id, begin));
    const started = start(['upgrade', 'testsite']);
    await started.prints('upgrade 019b');
    started.interrupt();
    const { exitCode, stderr } = await started.done;
    expect(exitCode).toBe(130);
    expect(stderr).toContain(`drover logs ${onlyId(fleet)} -f `);
    expect(stderr).toContain(`drover cancel ${onlyId(fleet)} `);
    expect(fleet.asked).toHaveLength(1);
  });
});

describe('drover plan', () => {
  it('shows the plan, and says by its exit code that there are changes', async () => {
    const { drover } = await useOperator();
    const { exitCode, stdout } = await drover('plan', 'testsite', 'v0.4.0');
    expect(exitCode).toBe(10);
    expect(stdout).toContain('Nothing blocks this upgrade.');
    expect(JSON.parse((await drover('plan', 'testsite', '--json')).stdout)).toMatchObject({ kind: 'upgrade' });
  });

  it.each([
    [{ kind: 'none' as const }, 0],
    [{ blockers: [{ code: 'disk-full' as const, message: 'no room', hint: null }] }, 2],
  ])('ends for %j with %i', async (change, exitCode) => {
    const { drover, fleet } = await useOperator();
    const plan = fleet.plan.bind(fleet);
    fleet.plan = async (...words) => ({ ...(await plan(...words)), ...change });
    expect((await drover('plan', 'testsite')).exitCode).toBe(exitCode);
  });
});

describe('drover cancel and rollback', () => {
  it('cancels the upgrade of a tenant that is under way, and shows what comes of it', async () => {
    const { begin: start, fleet } = await useOperator();
    const [under, refused] = ['019b2692-0000-7000-8000-00000000000a', '019b2692-0000-7000-8000-00000000000b'];
    fleet.add(under);
    fleet.append(under, ...opening);
    fleet.add(refused);
    fleet.append(refused, begin, finish('failed', 'v0.1.0'));
    const started = start(['cancel', 'testsite', '--force']);
    await started.prints('cancel asked for, with force');
    fleet.append(under, finish('cancelled', 'v0.1.0'));
    const { exitCode, stdout } = await started.done;
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('two');
    expect(stdout).toContain('cancelled: testsite is on v0.1.0');
    expect(fleet.asked).toEqual([`cancel ${under} {"force":true}`]);
  });

  it('rolls back, and shows nothing of the old stream', async () => {
    const { begin: start, fleet } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    fleet.add(id);
    fleet.append(id, ...opening, finish('success', 'v0.4.0'));
    const started = start(['rollback', 'testsite', '--restore-database']);
    await started.prints('rollback asked for, with the database restored');
    fleet.append(id, finish('rolled_back', 'v0.1.0'));
    const { exitCode, stdout } = await started.done;
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('two');
    expect(stdout).toContain('rolled back: testsite is on v0.1.0 again');
  });
});

describe('drover logs', () => {
  it('prints the latest upgrade of a tenant', async () => {
    const { drover, fleet, ask } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    fleet.add(id);
    fleet.append(id, ...opening, finish('success', 'v0.4.0'));
    const { exitCode, stdout } = await drover('logs', 'testsite');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(await (await ask(`/api/v1/upgrades/${id}/log`)).text());
    expect((await drover('logs', id)).stdout).toBe(stdout);
  });

  it('prints an object a line under --json', async () => {
    const { drover, fleet } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    fleet.add(id);
    fleet.append(id, begin, output);
    const lines = (await drover('logs', id, '--json')).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: { type: 'begin', n: 1 } }, { output }]);
  });

  it('goes on live with -f, until the end or Ctrl-C', async () => {
    const { begin: start, fleet } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    fleet.add(id);
    fleet.append(id, begin);
    const [one, two] = [start(['logs', 'testsite', '-f']), start(['logs', id, '--follow'])];
    await Promise.all([one.prints('v0.4.0'), two.prints('v0.4.0')]);
    one.interrupt();
    expect(await one.done).toMatchObject({ exitCode: 130 });
    fleet.append(id, output, finish('success', 'v0.4.0'));
    expect(await two.done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('== success') });
  });

  it('says that a tenant has had none, or that there is no such tenant', async () => {
    const { drover } = await useOperator();
    expect(await drover('logs', 'testsite')).toMatchObject({
      exitCode: 2,
      stderr: 'drover: testsite has had no upgrade yet\n  `drover upgrade testsite` begins one.\n',
    });
    expect((await drover('logs', 'nobody')).stderr).toContain('there is no tenant nobody');
  });
});
