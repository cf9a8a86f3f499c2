// Somebody kills the supervisor between the agent and a hook or a migration, in the middle of it.
import { expect, test } from 'vitest';
import { expectOldVersion, hookScript, useHosts } from './hosts.js';

/** Kills these processes of the supervisor of the script that says this, and returns once they are gone. */
const killSupervisor = (pids: '$first' | '$second' | '$first $second') => `
second=$PPID
first=$(sed -n 's/^PPid:\\t//p' "/proc/$second/status")
grep -q drover-supervisor "/proc/$first/cmdline" || exit 4
kill -KILL ${pids}
for pid in ${pids}; do while grep -qs '^State:.[^XZ]' "/proc/$pid/status"; do sleep 0.01; done; done
`;
const script = (name: string, pids: '$first' | '$second') =>
  hookScript(name, `echo before; ${killSupervisor(pids)}seq 2000; echo after`);
const output = `before\n${Array.from({ length: 2000 }, (_, n) => `${n + 1}\n`).join('')}after\n`;

const hosts = useHosts({
  releases: [
    {
      tag: 'v0.1.1',
      base: 'v0.1.0',
      files: {
        'release/v0.1.1.pre-migrate.sh': script('hook-without-first', '$first'),
        'release/v0.1.1.post-migrate.sh': script('hook-without-second', '$second'),
        'scripts/1.sh': script('migration-without-first', '$first'),
        'scripts/2.sh': script('migration-without-second', '$second'),
      },
    },
    {
      tag: 'v0.1.2',
      base: 'v0.1.0',
      files: {
        'release/v0.1.2.post-pull.sh': hookScript(
          'begins',
          `${killSupervisor('$first $second')}
          sleep 0.5; echo "$DEPLOY_TAG ends $$" >>"$DATA_DIR/hooks.log"`,
        ),
      },
    },
  ],
});
const makeKeys = () => ({ migrations: { files: 'scripts/*.sh', run: ['bash', '{file}'] }, hooks: { lost: 'fail' } });

test('an upgrade does not notice that hooks and migrations lose one of the two processes of their supervisor', async () => {
  const host = await hosts.open({ makeKeys });
  const { result, outputs, seamless } = await host.upgrade({ version: 'v0.1.1' });
  expect(result).toMatchObject({ status: 'success', migrations_run: ['scripts/1.sh', 'scripts/2.sh'] });
  expect((await host.look()).hookRuns).toEqual([
    'v0.1.1 hook-without-first',
    'v0.1.1 migration-without-first',
    'v0.1.1 migration-without-second',
    'v0.1.1 hook-without-second',
  ]);
  const printed = [...outputs].filter(([, text]) => text.startsWith('before')).map(([, text]) => text);
  expect(printed).toEqual([output, output, output, output]);
  expect(seamless).toBe(true);
});

test('a hook that loses both processes of its supervisor runs to its end, and then counts as lost', async () => {
  const host = await hosts.open({ makeKeys });
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.1.2' });
  expect(result).toMatchObject({
    status: 'rolled_back',
    failure: {
      code: 'command-lost',
      step: 'hooks-post-pull',
      message: expect.stringMatching(/v0.1.2.post-pull.sh: lost .*its supervisor was killed/),
    },
  });
  expect((await host.look()).hookRuns).toEqual(['v0.1.2 begins', 'v0.1.2 ends']);
  await expectOldVersion(host, before);
});
