// The import rules: which part may know which, and which one module of each side wraps an outside library.
import path from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';

/**
 * The parts of each side from the top down, a line a floor: a part imports itself and what stands on lower floors. A name
 * is a folder, or a file beside the folders. `root` is every file beside the folders.
 */
export const floors = {
  agent: [
    ['main'],
    ['cli'],
    ['recover_unfinished'],
    ['agent'],
    ['connect_controller'],
    ['local', 'uplink', 'report'],
    ['session'],
    ['scheduler'],
    ['upgrade'],
    ['store'],
    ['config'],
    ['tenant'],
    ['command'],
    ['limits'],
  ],
  controller: [
    ['main', 'cli'],
    ['client', 'program'],
    ['http', 'link'],
    ['auth', 'webhooks', 'rollout'],
    ['fleet'],
    ['store'],
    ['limits'],
  ],
  shared: [['terminal'], ['config', 'wire'], ['selection'], ['model'], ['os'], ['root']],
} as const;
export const sides = ['agent', 'controller', 'shared'] as const;
export type Side = (typeof sides)[number];

/** What a part may import of its own side, where that is less than all lower floors. */
const narrow: Readonly<Record<string, readonly string[]>> = {
  'controller/cli': ['client'],
  'controller/client': [],
};

/** The one module of a side that imports the library. */
const wrappers: Readonly<Record<string, string>> = {
  '@photostructure/sqlite': '^(agent/tenant/database/programs/sqlite|controller/store/sqlite/database/database|test/)',
  '@fastify/swagger': '^controller/http/openapi',
  '@fastify/swagger-ui': '^controller/http/openapi',
  chokidar: '^shared/os/watch_files',
  commander: '^shared/terminal/program',
  execa: '^(shared/os/lock|agent/tenant/git/git|deploy/demo/run_program|test/)',
  fastify: '^controller/http/fastify',
  'fastify-type-provider-zod': '^controller/http/openapi',
  'https-proxy-agent': '^agent/uplink/proxy',
  picocolors: '^(shared/terminal/screen/style|deploy/demo/narrate)',
  picomatch: '^agent/tenant/match_paths',
  'prom-client': '^controller/http/metrics',
  'p-queue': '^(shared/os/work_queue|test/)',
  pino: '^shared/os/log',
  semver: '^shared/versions',
  'temporal-polyfill': '^controller/rollout/windows',
  uuidv7: '^(shared/os/ids|test/)',
  systeminformation: '^agent/report/host_facts',
  ws: '^(shared/wire/websocket|test/)',
  yaml: '^(shared/config/yaml|deploy/demo/write_yaml)',
};
const everywhere = ['zod'];
const testLibraries = [
  'standardwebhooks',
  'vitest',
  'fast-check',
  'dependency-cruiser',
  'typescript',
  '@hey-api/openapi-ts',
];

const placeOf = (side: string, parts: readonly string[]) =>
  parts.includes('root') ? `^${side}/[^/]+$` : `^${side}/(${parts.join('|')})[/.]`;

function floorRules(side: Side): IForbiddenRuleType[] {
  const all: readonly (readonly string[])[] = floors[side];
  return all.flatMap((parts, index) =>
    parts.map((part): IForbiddenRuleType => {
      const allowed = narrow[`${side}/${part}`] ?? all.slice(index + 1).flat();
      return {
        name: `${side}/${part} imports only ${[part, ...allowed].join(', ')}`,
        severity: 'error',
        from: { path: placeOf(side, [part]) },
        to: { path: `^${side}/`, pathNot: [part, ...allowed].map((one) => placeOf(side, [one])) },
      };
    }),
  );
}

const forbid = (name: string, from: IForbiddenRuleType['from'], to: object): IForbiddenRuleType => ({
  name,
  severity: 'error',
  from,
  to,
});

export const rules: IForbiddenRuleType[] = [
  forbid('every import resolves', {}, { couldNotResolve: true }),
  forbid('no circles, not even of types', { pathNot: '^test/' }, { circular: true }),
  forbid('shared knows neither end', { path: '^shared/' }, { path: '^(agent|controller|deploy|test)/' }),
  forbid('the agent knows no controller', { path: '^agent/' }, { path: '^(controller|deploy|test)/' }),
  forbid('the controller knows no agent', { path: '^controller/' }, { path: '^(agent|deploy|test)/' }),
  forbid('the demo knows no test', { path: '^deploy/' }, { path: '^test/' }),
  forbid(
    'only the pipeline imports steps, and no step another',
    { pathNot: ['^agent/upgrade/pipeline', '^test/'] },
    { path: '^agent/upgrade/steps/' },
  ),
  forbid(
    'files that configuration names are reached through shared/os/trusted alone',
    {
      path: '^(controller/|shared/config/|agent/(config|uplink)/|agent/tenant/(git/(auth|trust)|check_accounts|migrations/))',
    },
    { path: '^(node:)?fs(/promises)?$' },
  ),
  ...sides.flatMap(floorRules),
  ...Object.entries(wrappers).map(([library, place]) =>
    forbid(`${library} has one wrapping module a side`, { pathNot: place }, { path: `node_modules/${library}/` }),
  ),
  forbid(
    'tests alone import the tools of tests',
    { pathNot: '^test/' },
    {
      path: testLibraries.map((library) => `node_modules/${library}/`),
    },
  ),
  forbid(
    'every outside library has its rule',
    {},
    {
      path: 'node_modules/',
      pathNot: [...Object.keys(wrappers), ...everywhere, ...testLibraries, '@types/[^/]+'].map(
        (library) => `node_modules/${library}/`,
      ),
    },
  ),
];

/** Holds the rules against the TypeScript files of `places`, folders below `root`. */
export async function checkImports(root: string, places: readonly string[]): Promise<ICruiseResult> {
  const conditionNames = ['types', 'import', 'node', 'default'];
  const { output } = await cruise(
    [...places],
    {
      baseDir: root,
      ruleSet: { forbidden: rules },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '^(deploy/demo/app/files|dist)/' },
      tsConfig: { fileName: path.join(import.meta.dirname, '../../tsconfig.json') },
    },
    // As Node resolves an ES module; the default would leave libraries without `require` unresolved, and their rules blind.
    { exportsFields: ['exports'], conditionNames },
  );
  if (typeof output === 'string') throw new Error(output);
  return output;
}

/** The broken rules, each as `rule: from -> to`. */
export function violationsOf({ summary }: ICruiseResult): string[] {
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).toSorted();
}
