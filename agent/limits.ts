// What another party can make large on a host, and how large it may get: the tenant, its releases, a controller.
import { sharedLimits, type Limit } from '../shared/limits.js';

/** Limits of the agent. */
export const agentLimits = {
  /** The kernel takes 107 bytes as the path of a socket; `/agent.sock` follows. */
  stateDir: {
    max: 96,
    unit: 'bytes',
    of: "the path of `state_dir`, as the agent's socket is in it",
    beyond: 'agent.yaml is refused',
  },
  localStrangers: {
    max: 64,
    unit: 'items',
    of: "connections to the agent's socket that have asked for nothing",
    beyond: 'the oldest of them is closed',
  },
  localStrangerWait: {
    max: 10_000,
    unit: 'ms',
    of: "how long a connection to the agent's socket may stay so",
    beyond: 'it is closed',
  },
  commandOutput: {
    max: 1024 ** 3,
    unit: 'bytes',
    of: 'the output of a command',
    beyond:
      'the command is stopped and has failed; if it was left running as a service, the rest of its output goes nowhere',
  },
  leftoverWait: {
    max: 10_000,
    unit: 'ms',
    of: 'the wait for a command, and then for the processes that it leaves behind, once they got SIGKILL',
    beyond: 'the upgrade goes on, with a warning that names them',
  },
  unitStop: {
    max: 5000,
    unit: 'ms',
    of: 'how long the processes of a command in a unit have after SIGTERM, once the command has ended or the unit is stopped',
    beyond: 'they get SIGKILL',
  },
  hookSize: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'a release hook',
    beyond: 'the upgrade is refused',
  },
  repositoryFile: {
    max: 16 * 1024 ** 2,
    unit: 'bytes',
    of: 'a file of the repository that the agent reads: a migration, a requirements file, a file beside the hooks',
    beyond: 'the upgrade is refused',
  },
  repositoryRead: {
    max: 64 * 1024 ** 2,
    unit: 'bytes',
    of: 'the files of the repository that the agent reads at a time, such as all of `release/`',
    beyond: 'the upgrade is refused',
  },
  treeEntries: {
    max: 200_000,
    unit: 'items',
    of: 'the files of a release',
    beyond: 'the upgrade is refused',
  },
  tags: {
    max: 20_000,
    unit: 'items',
    of: 'the tags of a repository',
    beyond: 'the upgrade is refused',
  },
  nestedTags: {
    max: 100,
    unit: 'items',
    of: 'the tags of a repository that are tags of tags',
    beyond: 'they are left out',
  },
  gitOutput: {
    max: 128 * 1024 ** 2,
    unit: 'bytes',
    of: 'the answer of git to one question',
    beyond: 'the upgrade is refused',
  },
  secrets: {
    max: 500,
    unit: 'items',
    of: 'the secrets of a tenant that are masked in its output',
    beyond: 'the tenant’s upgrades are refused',
  },
  secretLength: {
    max: 1024,
    unit: 'characters',
    of: 'a line of a secret',
    beyond: 'it is masked in pieces of this length',
  },
  // As many as a host has tenants: an operator may ask for all of them at once.
  requestsPerMinute: {
    max: sharedLimits.tenants.max,
    unit: 'items',
    of: 'upgrades, rollbacks, cancels and plans, each, that a controller asks a host for in a minute',
    beyond: 'a request is answered with `busy`, and nothing of it is kept',
  },
  plansAtOnce: {
    max: 3,
    unit: 'items',
    of: 'plans, and checks of rollbacks, each, that a host makes at once for a controller',
    beyond: 'others wait',
  },
  fleetPlansPerMinute: {
    max: 30,
    unit: 'items',
    of: 'fleet plans that a controller asks a host for in a minute',
    beyond: 'a request is answered with `busy`; the one before it ends all the same',
  },
  fleetPlansAtOnce: {
    max: 2,
    unit: 'items',
    of: 'plans of a fleet plan that a host makes at once',
    beyond: 'others wait; so do all while an upgrade of the host is queued, checked or runs',
  },
  plansWaiting: {
    max: sharedLimits.tenants.max,
    unit: 'items',
    of: 'plans, rollbacks and marks of hooks, each, of a controller that wait for others on a host',
    beyond: 'one more is answered with `busy`',
  },
  unrunUpgrades: {
    max: 100_000,
    unit: 'items',
    of: 'upgrades that a host remembers for good because a controller cancelled them before they came, or was refused',
    beyond: 'a cancel of an unknown upgrade is answered with `busy`; a refusal is not remembered',
  },
  requestKeys: {
    max: 10_000,
    unit: 'items',
    of: 'requests of a controller that a host knows by their `Idempotency-Key`, for a controller that has lost it',
    beyond: 'the first is forgotten',
  },
  idleUpgrades: {
    max: 100,
    unit: 'items',
    of: 'journals of a tenant’s upgrades that were refused, or ended before their first step',
    beyond: 'the oldest are removed; their ids are remembered',
  },
  commandData: {
    max: 16 * 1024 ** 2,
    unit: 'bytes',
    of: 'the output of a command that the agent reads as data, such as a list of marker files',
    beyond: 'the step fails',
  },
  probeOutput: {
    max: 64 * 1024 ** 2,
    unit: 'bytes',
    of: 'what a process prints by which the agent looks at a tenant, such as the list of changed files',
    beyond: 'the process is ended; the look has failed',
  },
  probeLines: {
    max: 1_000_000,
    unit: 'items',
    of: 'the lines of that, or the entries of a list in it',
    beyond: 'as above',
  },
  tenantLook: {
    max: 10_000,
    unit: 'ms',
    of: "a look at a tenant's files, by a process of its user",
    beyond: 'the process is ended; the tenant is refused with that problem',
  },
  looksTogether: {
    max: 2000,
    unit: 'ms',
    of: 'a look at several tenants of a user by one process',
    beyond: 'the process is ended; the tenant that it was at gets a look of its own, and the others another process',
  },
  descriptors: {
    max: 4096,
    unit: 'items',
    of: 'the open files of a process in which the agent looks for the database of a tenant',
    beyond: 'the process counts as one that has not opened it',
  },
  holders: {
    max: 20,
    unit: 'items',
    of: 'the processes that an upgrade names because they hold the database open',
    beyond: 'the rest is not named',
  },
  databaseFiles: {
    max: 20,
    unit: 'items',
    of: 'the SQLite files of a tenant',
    beyond: 'the tenant file is refused',
  },
  dataFolderLook: {
    max: 2000,
    unit: 'items',
    of: 'the files and folders of `data_dir` among which the plan looks for other SQLite files',
    beyond: 'the rest is not looked at',
  },
  otherDatabases: {
    max: 10,
    unit: 'items',
    of: 'other SQLite files in `data_dir` that a plan names',
    beyond: 'the rest is not named',
  },
  migrationsList: {
    max: 60_000,
    unit: 'ms',
    of: 'the command that lists the pending migrations for a plan (`migrations.list`)',
    beyond: 'it is ended; the plan has no names, and warns',
  },
  rollbackMarker: {
    max: 10_000,
    unit: 'ms',
    of: 'reading the marker of a rollback in `data_dir`',
    beyond: 'it counts as present: the upgrade is rolled back',
  },
  headRead: {
    max: 5000,
    unit: 'ms',
    of: "reading the commit of a tenant's work tree for a report",
    beyond: 'the report has the last known commit, and a problem',
  },
  headReports: {
    max: 2000,
    unit: 'ms',
    of: 'the time in which changes of work trees make one report',
    beyond: 'the next report is sent after it',
  },
} as const satisfies Record<string, Limit>;
