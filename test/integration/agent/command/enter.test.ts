import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { enterCommand, exportEnvironment } from '../../../../agent/command/supervisor/enter.js';
import { currentUser } from '../../../../agent/command/user.js';
import { makeLab } from './lab.js';

test('a command is not run with a part of its environment', async () => {
  const lab = makeLab(currentUser());
  const [file, ...args] = enterCommand({ user: currentUser(), cwd: '/', argv: ['echo', 'ran'] }, currentUser().uid);
  const whole = exportEnvironment({ FIRST: '1', SECOND: '2\n3' });
  const enter = (environment: string) => {
    writeFileSync(lab.place('environment'), environment);
    const descriptor = openSync(lab.place('environment'), 'r');
    const { status, stdout } = spawnSync(file, args, { stdio: ['ignore', 'pipe', 'ignore', descriptor] });
    closeSync(descriptor);
    return { status, said: stdout.toString() };
  };
  expect(enter(whole)).toEqual({ status: 0, said: 'ran\n' });
  for (let end = 0; end < whole.length; end += 1) expect(enter(whole.slice(0, end))).toEqual({ status: 126, said: '' });
  await lab.remove();
});
