// What another party can make large, and how large it may get: limits of what agent and controller exchange. The agent
// and the controller have a file of the same name for their own.

/** One row of the guide's table of limits. */
export interface Limit {
  readonly max: number;
  readonly unit: 'bytes' | 'characters' | 'items' | 'ms' | 'levels';
  /** What is limited, in an operator's words. */
  readonly of: string;
  /** What happens to what is over the limit. */
  readonly beyond: string;
}

/** Limits of the frames and requests that agent and controller exchange. */
export const sharedLimits = {
  frame: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'a frame between agent and controller',
    beyond: 'the connection is closed',
  },
  problems: {
    max: 20,
    unit: 'items',
    of: 'mistakes that one error names',
    beyond: 'the error says how many more there are',
  },
  shownValue: {
    max: 200,
    unit: 'characters',
    of: 'a wrong value in an error',
    beyond: 'the error shows its beginning',
  },
  configText: {
    max: 32_768,
    unit: 'characters',
    of: 'a value in a configuration file',
    beyond: 'the file is refused',
  },
  configItems: {
    max: 1000,
    unit: 'items',
    of: 'a list or a mapping in a configuration file',
    beyond: 'the file is refused',
  },
  configDepth: {
    max: 16,
    unit: 'levels',
    of: 'lists and mappings in each other in a configuration file',
    beyond: 'the file is refused',
  },
  configFile: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'a configuration file, or a file of signers, of known hosts or of CAs',
    beyond: 'the file is refused',
  },
  secretFile: {
    max: 64 * 1024,
    unit: 'bytes',
    of: 'a file with a secret, or with environment variables',
    beyond: 'the file is refused',
  },
  result: {
    max: 1024 ** 2,
    unit: 'characters',
    of: 'the lines, warnings, hooks and migrations of a result',
    beyond: 'the result says how many more there are; the log has them',
  },
  slug: { max: 63, unit: 'characters', of: 'the slug of a tenant', beyond: 'it is refused' },
  hostName: { max: 253, unit: 'characters', of: 'the name of a host', beyond: 'it is refused' },
  tag: {
    max: 200,
    unit: 'characters',
    of: 'a tag',
    beyond: 'it is refused; a repository’s longer tags are left out',
  },
  id: { max: 64, unit: 'characters', of: 'the id of an upgrade or a request', beyond: 'it is refused' },
  idempotencyKey: { max: 200, unit: 'characters', of: 'an `Idempotency-Key`', beyond: 'it is refused' },
  code: {
    max: 64,
    unit: 'characters',
    of: 'the code of an error, a signal, or a program’s version',
    beyond: 'it is refused',
  },
  commandKey: { max: 128, unit: 'characters', of: 'the key of a command in its upgrade', beyond: 'it is refused' },
  path: { max: 4096, unit: 'characters', of: 'a path', beyond: 'it is refused' },
  label: { max: 63, unit: 'characters', of: 'the name of a label', beyond: 'it is refused' },
  labelValue: { max: 200, unit: 'characters', of: 'the value of a label', beyond: 'it is refused' },
  labels: { max: 50, unit: 'items', of: 'the labels of a tenant', beyond: 'they are refused' },
  text: {
    max: 4000,
    unit: 'characters',
    of: 'a message, a hint, a warning or a line of a result',
    beyond: 'its end is left out',
  },
  outputTail: {
    max: 20_000,
    unit: 'characters',
    of: 'the last lines of a failed command',
    beyond: 'its beginning is left out',
  },
  output: { max: 131_072, unit: 'characters', of: 'a piece of output', beyond: 'it is refused' },
  warnings: {
    max: 200,
    unit: 'items',
    of: 'the warnings of a plan or a result, and the blockers of a plan',
    beyond: 'the rest is left out, and counted',
  },
  details: { max: 2000, unit: 'items', of: 'the lines of a result', beyond: 'the rest is left out, and counted' },
  memo: {
    max: 256 * 1024,
    unit: 'bytes',
    of: 'a value that an upgrade remembers',
    beyond: 'the step that finds it fails',
  },
  plan: { max: 768 * 1024, unit: 'bytes', of: 'a plan', beyond: 'the upgrade is refused' },
  planned: {
    max: 5000,
    unit: 'items',
    of: 'the hooks, the migrations or the crossed tags of a plan',
    beyond: 'the upgrade is refused',
  },
  files: {
    max: 10_000,
    unit: 'items',
    of: 'the known migrations or the modified files of a tenant',
    beyond: 'the upgrade is refused',
  },
  marks: { max: 1000, unit: 'items', of: 'the marks of a tenant’s hooks', beyond: 'no more are taken' },
  markRequests: {
    max: 50,
    unit: 'items',
    of: 'the requests for marks that a tenant’s record remembers',
    beyond: 'the first is forgotten; a repeated one has expired by then',
  },
  tenants: {
    max: 2000,
    unit: 'items',
    of: 'the tenants of a host',
    beyond: 'the rest is not reported, and counted',
  },
  ownTenants: {
    max: 4000,
    unit: 'items',
    of: 'the tenants that belong to a host, with those that it no longer reports',
    beyond: 'one more is not listed; `drover tenants forget` makes room',
  },
  reportedProblems: {
    max: 20,
    unit: 'items',
    of: 'the problems of a tenant or a host',
    beyond: 'the rest is left out, and counted',
  },
  openOutputs: { max: 100, unit: 'items', of: 'the running commands of an upgrade', beyond: 'they are refused' },
  interpreter: { max: 3, unit: 'items', of: 'the words of a hook’s interpreter', beyond: 'they are refused' },
  disks: {
    max: 100,
    unit: 'items',
    of: 'the file systems of a plan, or of the figures of a host',
    beyond: 'a plan is refused; of figures the rest is left out',
  },
  tokenName: { max: 63, unit: 'characters', of: 'the name of a token', beyond: 'it is refused' },
  reason: { max: 1000, unit: 'characters', of: 'the reason of a change', beyond: 'it is refused' },
  selection: {
    max: 4096,
    unit: 'characters',
    of: 'a selection of tenants, and the scope of a token',
    beyond: 'it is refused',
  },
  selectionTokens: { max: 1000, unit: 'items', of: 'words and signs of a selection', beyond: 'it is refused' },
  selectionDepth: {
    max: 32,
    unit: 'levels',
    of: '`!` and parentheses in each other in a selection',
    beyond: 'it is refused',
  },
  joinTokenHosts: {
    max: 100,
    unit: 'items',
    of: 'patterns of host names of a join token',
    beyond: 'it is refused (422)',
  },
  joinTokenUses: { max: 10_000, unit: 'items', of: 'uses of a join token', beyond: 'it is refused (422)' },
  windows: { max: 20, unit: 'items', of: 'the maintenance windows of a rollout', beyond: 'it is refused (422)' },
  windowDays: { max: 7, unit: 'items', of: 'the days of a maintenance window', beyond: 'it is refused (422)' },
  waves: { max: 50, unit: 'items', of: 'the waves of a rollout after its canary', beyond: 'it is refused (422)' },
  approvals: {
    max: 1000,
    unit: 'items',
    of: 'the plan classes that one request approves',
    beyond: 'it is refused (422)',
  },
  plannedAtOnce: {
    max: 2000,
    unit: 'items',
    of: 'the tenants that a host plans for one request',
    beyond: 'the request is refused',
  },
  freezeName: { max: 63, unit: 'characters', of: 'the name of a freeze', beyond: 'it is refused' },
  namedTenants: { max: 10_000, unit: 'items', of: 'the tenants that one request names', beyond: 'it is refused (422)' },
  webhookUrl: { max: 2048, unit: 'characters', of: 'the URL of a webhook', beyond: 'it is refused' },
} as const satisfies Record<string, Limit>;
