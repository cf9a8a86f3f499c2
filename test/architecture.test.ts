// The import rules: which part may know which, and which one module wraps each outside library.
import path from 'node:path';
import { readdirSync } from 'node:fs';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');

/** The agent's parts from the top down: each may import itself and what stands after it. */
const agentLayers = [
  ['cli'],
  ['local', 'uplink', 'report'],
  ['session'],
  ['upgrade'],
  ['config'],
  ['tenant'],
  ['command'],
];

const layerRules: IForbiddenRuleType[] = agentLayers.flatMap((parts, index) =>
  parts.map((part) => ({
    name: `agent/${part} knows nothing of what uses it, and of what stands beside it`,
    severity: 'error' as const,
    from: { path: `^agent/${part}/` },
    to: {
      path: `^agent/(${['none', ...agentLayers.slice(0, index + 1).flat()].filter((other) => other !== part).join('|')})/`,
    },
  })),
);

/** What each part of the controller may import beside itself and shared; `main` and its configuration wire all of them. */
const controllerParts: Record<string, string[]> = {
  http: ['fleet/fleet', 'auth'],
  client: [],
  cli: ['client'],
};

const controllerRules: IForbiddenRuleType[] = Object.entries(controllerParts).map(([part, others]) => ({
  name: `controller/${part} knows only ${['shared', ...others].join(' and ')}`,
  severity: 'error',
  from: { path: `^controller/${part}/` },
  to: { path: '^controller/', pathNot: [part, ...others].map((other) => `^controller/${other}[/.]`) },
}));

/** Only these may import the library. pino and zod aside, each has one place. */
const wrappers: Record<string, string> = {
  '@photostructure/sqlite': '^(agent/tenant/database/programs/|controller/store/)',
  '@fastify/swagger': '^controller/http/openapi',
  '@fastify/swagger-ui': '^controller/http/openapi',
  chokidar: '^agent/(config/watch_tenants|report/watch_heads)',
  commander: '^shared/terminal/program',
  fastify: '^controller/http/',
  'fastify-type-provider-zod': '^controller/http/openapi',
  picocolors: '^(shared/terminal/style|deploy/demo/narrate)',
  picomatch: '^agent/tenant/match_paths',
  'p-queue': '^agent/upgrade/(upgrades|exclusive)',
  pino: '^shared/os/log',
  semver: '^shared/versions',
  uuidv7: '^shared/os/ids',
  systeminformation: '^agent/report/',
  ws: '^(agent/local/|agent/uplink/controller_connection|controller/link/|shared/wire/frame_text)',
  yaml: '^(shared/config/(read|write)_yaml|deploy/demo/write_yaml)',
};

const wrapperRules: IForbiddenRuleType[] = Object.entries(wrappers).map(([library, place]) => ({
  name: `${library} is used in one place`,
  severity: 'error',
  from: { pathNot: [place, '^test/'] },
  to: { path: `node_modules/${library}/` },
}));

const rules: IForbiddenRuleType[] = [
  {
    name: 'shared knows neither end',
    severity: 'error',
    from: { path: '^shared/' },
    to: { path: '^(agent|controller|deploy|test)/' },
  },
  {
    name: 'the agent knows no controller',
    severity: 'error',
    from: { path: '^agent/' },
    to: { path: '^(controller|deploy|test)/' },
  },
  {
    name: 'the controller knows no agent',
    severity: 'error',
    from: { path: '^controller/' },
    to: { path: '^(agent|deploy|test)/' },
  },
  {
    name: 'only the pipeline imports steps',
    severity: 'error',
    from: { pathNot: ['^agent/upgrade/pipeline', '^agent/upgrade/steps/', '^test/'] },
    to: { path: '^agent/upgrade/steps/' },
  },
  {
    name: 'no circles',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  ...layerRules,
  ...controllerRules,
  ...wrapperRules,
];

describe('the import rules', () => {
  let result: ICruiseResult;

  beforeAll(async () => {
    const places = ['agent', 'shared', 'deploy', 'controller'].filter((place) => readdirSync(root).includes(place));
    const { output } = await cruise(places, {
      baseDir: root,
      ruleSet: { forbidden: rules },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: 'deploy/demo/app/files' },
      tsConfig: { fileName: 'tsconfig.json' },
    });
    if (typeof output === 'string') throw new Error(output);
    result = output;
  }, 60_000);

  it('are looked at for every module and its imports', () => {
    const own = result.modules.filter(({ source }) => /^(agent|controller|shared|deploy)\//.test(source));
    expect(own.length).toBeGreaterThan(100);
    expect(own.flatMap(({ dependencies }) => dependencies).length).toBeGreaterThan(300);
  });

  it('are kept', () => {
    const broken = result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
    expect(broken).toEqual([]);
  });
});
