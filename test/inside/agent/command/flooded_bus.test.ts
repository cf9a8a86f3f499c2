// A user of the host who keeps D-Bus from taking connections holds up no command.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nobody } from '../../../helpers/agent/run_commands.js';
import { makeUnitLab, type UnitLab } from './unit_lab.js';

let lab: UnitLab;
beforeEach(() => {
  lab = makeUnitLab(nobody);
});
afterEach(() => lab.remove());

/** Takes all places of those who have not said yet who they are, and more. */
const flood = `
use IO::Socket::UNIX;
$| = 1;
my @all = map { IO::Socket::UNIX->new(Peer => '/run/dbus/system_bus_socket') } 1 .. 150;
print "full\n";
sleep 1000;
`;

test('a command begins, is looked at and is ended while the bus takes no connections', async () => {
  const { uid, gid } = nobody;
  const flooding = spawn('perl', ['-e', flood], { uid, gid, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(flooding.stdout, 'data');
    expect(() => execFileSync('busctl', ['list'], { timeout: 2000, stdio: 'pipe' })).toThrow('ETIMEDOUT');
    expect(await lab.executeIn(lab.launcher, 'exit 3')).toMatchObject({ code: 3, left: [] });
    const { spec, ...execution } = lab.execution('trap "" TERM; sleep 600');
    const late = { ...execution, folder: `${lab.run}.2`, spec: { ...spec, timeLimitMs: 300 } };
    expect(await lab.executeIn(lab.launcher, '', late)).toMatchObject({ cause: 'time-limit', left: [] });
  } finally {
    flooding.kill('SIGKILL');
  }
});
