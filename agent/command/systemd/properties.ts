// The properties of the units that run the tenants' code: one list, which systemd-run is given, and from which a test makes
// the unit file by which systemd judges them.
import { agentLimits } from '../../limits.js';
import type { UnitLimits, CommandSpec } from '../spec.js';
import { isConfined } from '../user.js';

/** One property. */
export interface Property {
  section: 'Unit' | 'Service';
  /** As in this section of a unit file. */
  line: string;
}

export interface UnitWish {
  /** The file with the supervisor, in the run folder. */
  supervisor: string;
  spec: Pick<CommandSpec, 'user' | 'keepsChildren' | 'timeLimitMs'>;
  limits: UnitLimits;
  graceMs: number;
}

const perl = '/usr/bin/perl';
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

/** The words that run the supervisor. They have nothing that systemd expands, in memory or when it reads the unit again. */
export function supervisorWords(supervisor: string): readonly [string, ...string[]] {
  return [perl, supervisor];
}

function describeUnit({ supervisor }: UnitWish): Property[] {
  return [
    unit('CollectMode', 'inactive-or-failed'),
    // At a shutdown the agent ends first, so that it writes no exit of what the shutdown ends.
    unit('Before', 'drover-agent.service'),
    service('Type', 'exec'),
    // No `+`, which it does not need: systemd 252 loses that at a daemon-reload.
    service('ExecStopPost', [...supervisorWords(supervisor), 'stopped'].join(' ')),
    service('StandardInput', 'null'),
    service('StandardOutput', 'null'),
    service('StandardError', 'null'),
    service('LimitCORE', 0),
    service('UMask', '0077'),
  ];
}

function endTogether(runtimeMs: number): Property[] {
  return [
    service('KillMode', 'control-group'),
    service('SendSIGKILL', 'yes'),
    time('TimeoutStopSec', agentLimits.unitStop.max),
    time('RuntimeMaxSec', runtimeMs),
    // The command that loses a process to a lack of memory says itself what that means.
    service('OOMPolicy', 'continue'),
  ];
}

/** What the start of services leaves running stays, in this unit: stopping it ends nothing. */
const keepServices: readonly Property[] = [
  // systemd limits the tasks of all units that do not say this.
  service('TasksMax', 'infinity'),
  service('RemainAfterExit', 'yes'),
  service('KillMode', 'process'),
  service('SendSIGKILL', 'no'),
  time('TimeoutStopSec', 1000),
  service('OOMPolicy', 'continue'),
];

function limit({ tasks, memory, cpu_weight: weight }: UnitLimits): Property[] {
  return [service('TasksMax', tasks), ...limitMemory(memory), service('CPUWeight', weight)];
}

function limitMemory(memory: UnitLimits['memory']): Property[] {
  if (memory === 'unlimited') return [];
  return [service('MemoryMax', typeof memory === 'number' ? memory : `${memory.percent}%`)];
}

/** What setpriv needs to become the tenant's user, and what tells a hidden end (`supervisor/attend.ts`). */
const capabilities = 'CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_SYS_PTRACE';
const deniedCalls = '@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap';

/**
 * For the code of a tenant that may not gain rights. They take nothing that such code writes today, and none needs a mount
 * namespace, which costs five times the start of a unit.
 */
const protections: readonly Property[] = [
  service('NoNewPrivileges', 'yes'),
  service('CapabilityBoundingSet', capabilities),
  service('LockPersonality', 'yes'),
  // Before systemd 253 it also takes all devices, as tenant-file.md says.
  service('ProtectClock', 'yes'),
  service('RestrictRealtime', 'yes'),
  service('RestrictNamespaces', 'yes'),
  service('RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'),
  service('SystemCallArchitectures', 'native'),
  service('SystemCallFilter', `~${deniedCalls}`),
  service('SystemCallErrorNumber', 'EPERM'),
];

function unit(name: string, value: string): Property {
  return { section: 'Unit', line: `${name}=${value}` };
}

function service(name: string, value: string | number): Property {
  return { section: 'Service', line: `${name}=${value}` };
}

function time(name: string, ms: number): Property {
  return service(name, `${Math.ceil(ms)}ms`);
}
