// A network of its own for machines of tests: a bridge that each is plugged into, and can be cut off from.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runProgram } from '../../../deploy/demo/run_program.js';
import type { Machine } from './machine.js';

export interface Switch {
  /** Gives a machine, which is apart, an address here. */
  plug(machine: Machine, link: { name: string; address: string }): Promise<void>;
  /** No packet passes from now on, in neither direction; and again. */
  cut(name: string): Promise<void>;
  mend(name: string): Promise<void>;
  /** The network ends with it. */
  close(): Promise<void>;
}

const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const hold = 'ip link add bridge type bridge && ip link set bridge up && echo up && exec sleep infinity';

/** Its network namespace ends with this process, even if that is killed. */
export async function openSwitch(): Promise<Switch> {
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-c', hold], {
    cwd: '/',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null) throw new Error('there is no bridge');
  const ipOf = (pid: number | undefined, line: string) =>
    runProgram(['nsenter', `--target=${pid}`, '--net', 'ip', ...line.split(' ')], { cwd: '/', env });
  const ip = (line: string) => ipOf(holder.pid, line);
  return {
    async plug({ pid }, { name, address }) {
      await ip(`link add ${name} type veth peer name eth0 netns ${pid}`);
      await ip(`link set ${name} master bridge up`);
      await ipOf(pid, `address add ${address}/24 dev eth0`);
      await ipOf(pid, 'link set eth0 up');
    },
    cut: async (name) => void (await ip(`link set ${name} down`)),
    mend: async (name) => void (await ip(`link set ${name} up`)),
    async close() {
      holder.kill('SIGKILL');
      await ended;
    },
  };
}
