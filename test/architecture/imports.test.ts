// Which part may know which: the rules, and that they see what they forbid.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkImports, floors, sides, violationsOf } from './rules.js';

const root = path.join(import.meta.dirname, '../..');

describe('the import rules', () => {
  let result: ICruiseResult;

  beforeAll(async () => {
    result = await checkImports(root, ['agent', 'shared', 'deploy', 'controller', 'test']);
  }, 60_000);

  it('are looked at for every module and its imports', () => {
    const own = result.modules.filter(({ source }) => /^(agent|controller|shared|deploy)\//.test(source));
    expect(own.length).toBeGreaterThan(300);
    expect(own.flatMap(({ dependencies }) => dependencies).length).toBeGreaterThan(1000);
  });

  it('are kept', () => {
    expect(violationsOf(result)).toEqual([]);
  });

  it.each(sides)('have a floor for every folder and file of %s', (side) => {
    const parts: readonly string[] = floors[side].flat();
    const found = readdirSync(path.join(root, side), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
      .map((entry) => (entry.isDirectory() ? entry.name : entry.name.replace(/\.ts$/, '')))
      .filter(
        (name) => !parts.includes('root') || !result.modules.some(({ source }) => source === `${side}/${name}.ts`),
      );
    expect(found.filter((name) => !parts.includes(name))).toEqual([]);
  });
});

describe('a forbidden import', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-imports-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const files: Readonly<Record<string, string>> = {
    'agent/upgrade/steps/one.ts': "import { two } from './two.js';\nexport const one = two;\n",
    'agent/upgrade/steps/two.ts': 'export const two = 2;\n',
    'agent/store/up.ts': "import { plan } from '../scheduler/plan.js';\nexport const up = plan;\n",
    'agent/scheduler/plan.ts': "import PQueue from 'p-queue';\nexport const plan = new PQueue();\n",
    'agent/local/beside.ts': "import { report } from '../report/report.js';\nexport const beside = report;\n",
    'agent/report/report.ts': "import '../../controller/fleet/fleet.js';\nexport const report = 1;\n",
    'controller/fleet/fleet.ts': "import type { Gone } from './gone.js';\nexport type Fleet = Gone;\n",
    'controller/cli/cli.ts': "import { two } from '../store/two.js';\nexport const cli = two;\n",
    'controller/store/two.ts': 'export const two = 2;\n',
    'shared/os/left.ts': "import type { Right } from './right.js';\nexport type Left = Right | 1;\n",
    'shared/os/right.ts': "import type { Left } from './left.js';\nexport type Right = Left | 2;\n",
    'shared/model/libraries.ts':
      "import { parse } from 'yaml';\nimport { execa } from 'execa';\nexport { parse, execa };\n",
    'controller/program/read.ts': "import { readFile } from 'node:fs/promises';\nexport const read = readFile;\n",
    'agent/uplink/read.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    'shared/model/fresh.ts': "import { expect } from 'vitest';\nexport const fresh = expect;\n",
  };

  it('is caught, whichever rule it breaks', async () => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const broken = violationsOf(await checkImports(folder, ['agent', 'controller', 'shared']));
    const caught = (text: string) => broken.filter((line) => line.includes(text)).length;
    expect({
      steps: caught('only the pipeline imports steps, and no step another: agent/upgrade/steps/one.ts'),
      upward: caught('agent/store imports only'),
      beside: caught('agent/local imports only'),
      otherSide: caught('the agent knows no controller: agent/report/report.ts'),
      unresolved: caught('every import resolves: controller/fleet/fleet.ts'),
      narrow: caught('controller/cli imports only'),
      circle: caught('no circles, not even of types'),
      queue: caught('p-queue has one wrapping module a side: agent/scheduler/plan.ts'),
      yaml: caught('yaml has one wrapping module a side: shared/model/libraries.ts'),
      execa: caught('execa has one wrapping module a side: shared/model/libraries.ts'),
      door: caught('files that configuration names are reached through shared/os/trusted alone'),
      tools: caught('tests alone import the tools of tests: shared/model/fresh.ts'),
    }).toEqual({
      steps: 1,
      upward: 1,
      beside: 1,
      otherSide: 1,
      unresolved: 1,
      narrow: 1,
      circle: 1,
      queue: 1,
      yaml: 1,
      execa: 1,
      door: 2,
      tools: 1,
    });
  }, 60_000);
});
