// The properties of the units that run the tenants' code: one list, from which the call to systemd is made, and the unit
// file by which a test has systemd judge them.
import { agentLimits } from '../../limits.js';
import type { UnitLimits, CommandSpec } from '../spec.js';
import { isConfined } from '../user.js';

/** One property. */
export interface Property {
  /** Its name, signature and value as the words of busctl. */
  bus: readonly string[];
  /** The same as a line of the section `[Unit]` or `[Service]` of a unit file. */
  section: 'Unit' | 'Service';
  line: string;
}

export interface UnitWish {
  description: string;
  /** The file with the supervisor, in the run folder. */
  supervisor: string;
  spec: Pick<CommandSpec, 'user' | 'keepsChildren' | 'timeLimitMs'>;
  limits: UnitLimits;
  graceMs: number;
}

/** What systemd waits for beyond what the agent does: it acts only where no agent is left to act. */
const reserveMs = 60_000;

/**
 * The unit of a command. Its processes end with it: those that the command left behind get SIGTERM, and soon SIGKILL.
 * A unit that has ended is forgotten, also a failed one: how it ended is in the run folder.
 */
export function listProperties(wish: UnitWish): Property[] {
  const { spec, limits, graceMs } = wish;
  const common = [
    ...describeUnit(wish),
    ...(spec.keepsChildren === true ? keepServices : endTogether(spec.timeLimitMs + graceMs + reserveMs)),
  ];
  if (spec.keepsChildren === true) return common;
  return [...common, ...limit(limits), ...(isConfined(spec.user) ? protections : [])];
}

function describeUnit({ description, supervisor }: UnitWish): Property[] {
  // The words have nothing that systemd expands, in memory or when it reads the unit again. No `ExecStartEx`, which could
  // forbid it: systemd 252 loses that at a daemon-reload, and `ExecStopPostEx`, which `+` needs.
  const words = ['perl', supervisor];
  return [
    text('Description', description, 'Unit'),
    text('CollectMode', 'inactive-or-failed', 'Unit'),
    // At a shutdown the agent ends first, so that it writes no exit of what the shutdown ends.
    texts('Before', ['drover-agent.service'], 'Unit'),
    text('Type', 'exec'),
    execute('ExecStart', words),
    execute('ExecStopPost', [...words, 'stopped']),
    text('StandardInput', 'null'),
    text('StandardOutput', 'null'),
    text('StandardError', 'null'),
    number('LimitCORE', 0),
    { bus: ['UMask', 'u', String(0o077)], section: 'Service', line: 'UMask=0077' },
  ];
}

function endTogether(runtimeMs: number): Property[] {
  return [
    text('KillMode', 'control-group'),
    flag('SendSIGKILL', true),
    time('TimeoutStop', agentLimits.unitStop.max),
    time('RuntimeMax', runtimeMs),
    // The command that loses a process to a lack of memory says itself what that means.
    text('OOMPolicy', 'continue'),
  ];
}

/** What the start of services leaves running stays, in this unit: stopping it ends nothing. */
const keepServices: readonly Property[] = [
  // systemd limits the tasks of all units that do not say this.
  { bus: ['TasksMax', 't', `${2n ** 64n - 1n}`], section: 'Service', line: 'TasksMax=infinity' },
  flag('RemainAfterExit', true),
  text('KillMode', 'process'),
  flag('SendSIGKILL', false),
  time('TimeoutStop', 1000),
  text('OOMPolicy', 'continue'),
];

function limit({ tasks, memory, cpu_weight: weight }: UnitLimits): Property[] {
  return [number('TasksMax', tasks), ...limitMemory(memory), number('CPUWeight', weight)];
}

function limitMemory(memory: UnitLimits['memory']): Property[] {
  if (memory === 'unlimited') return [];
  if (typeof memory === 'number') return [number('MemoryMax', memory)];
  // As a part of the host's memory it is a number of 32 bits.
  const scale = Math.round((memory.percent / 100) * (2 ** 32 - 1));
  return [{ bus: ['MemoryMaxScale', 'u', `${scale}`], section: 'Service', line: `MemoryMax=${memory.percent}%` }];
}

/** What setpriv needs to become the tenant's user, and what tells a hidden end (`supervisor/attend.ts`). */
const capabilities = { SETGID: 6, SETUID: 7, SETPCAP: 8, SYS_PTRACE: 19 } as const;
const deniedCalls = '@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap'.split(' ');
const families = ['AF_UNIX', 'AF_INET', 'AF_INET6', 'AF_NETLINK'];

/**
 * For the code of a tenant that may not gain rights. They take nothing that such code writes today, and none needs a mount
 * namespace, which costs five times the start of a unit.
 */
const protections: readonly Property[] = [
  flag('NoNewPrivileges', true),
  {
    bus: ['CapabilityBoundingSet', 't', `${Object.values(capabilities).reduce((set, bit) => set + 2 ** bit, 0)}`],
    section: 'Service',
    line: `CapabilityBoundingSet=${Object.keys(capabilities)
      .map((name) => `CAP_${name}`)
      .join(' ')}`,
  },
  flag('LockPersonality', true),
  flag('ProtectClock', true),
  flag('RestrictRealtime', true),
  { bus: ['RestrictNamespaces', 't', '0'], section: 'Service', line: 'RestrictNamespaces=yes' },
  list('RestrictAddressFamilies', families, true),
  texts('SystemCallArchitectures', ['native']),
  list('SystemCallFilter', deniedCalls, false),
  { bus: ['SystemCallErrorNumber', 'i', '1'], section: 'Service', line: 'SystemCallErrorNumber=EPERM' },
];

function text(name: string, value: string, section: Property['section'] = 'Service'): Property {
  return { bus: [name, 's', value], section, line: `${name}=${value}` };
}

function texts(name: string, values: readonly string[], section: Property['section'] = 'Service'): Property {
  return { bus: [name, 'as', `${values.length}`, ...values], section, line: `${name}=${values.join(' ')}` };
}

/** A list that allows only what it names, or denies it. */
function list(name: string, values: readonly string[], allows: boolean): Property {
  const bus = [name, '(bas)', `${allows}`, `${values.length}`, ...values];
  return { bus, section: 'Service', line: `${name}=${allows ? '' : '~'}${values.join(' ')}` };
}

function flag(name: string, value: boolean): Property {
  return { bus: [name, 'b', `${value}`], section: 'Service', line: `${name}=${value ? 'yes' : 'no'}` };
}

function number(name: string, value: number): Property {
  return { bus: [name, 't', `${value}`], section: 'Service', line: `${name}=${value}` };
}

/** Microseconds for the bus, milliseconds for a file. */
function time(name: string, ms: number): Property {
  const whole = Math.ceil(ms);
  return { bus: [`${name}USec`, 't', `${whole * 1000}`], section: 'Service', line: `${name}Sec=${whole}ms` };
}

function execute(name: string, words: readonly string[]): Property {
  const path = '/usr/bin/perl';
  const bus = [name, 'a(sasb)', '1', path, `${words.length}`, ...words, 'false'];
  return { bus, section: 'Service', line: `${name}=@${path} ${words.join(' ')}` };
}
