// Text reaches a terminal through the screen alone, which cleans it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

/** What writes, and the files that may: the screen, and the programs whose output the agent reads. */
const rules: readonly { writes: RegExp; allowed: readonly string[] }[] = [
  { writes: /\bconsole\./, allowed: [] },
  {
    writes: /\bstd(out|err)\.write\(/,
    allowed: ['shared/terminal/screen/screen.ts', 'agent/tenant/database/programs/program.ts'],
  },
  {
    writes: /\bprocess\.std(out|err)\b/,
    allowed: ['shared/terminal/run_process.ts', 'agent/tenant/database/programs/program.ts'],
  },
  {
    writes: /\\u001b\[|\\x1b\[|picocolors/,
    allowed: ['shared/terminal/screen/screen.ts', 'shared/terminal/screen/style.ts'],
  },
];

function findWriters(files: readonly { name: string; text: string }[]): string[] {
  return files.flatMap(({ name, text }) =>
    rules
      .filter(({ writes, allowed }) => writes.test(text) && !allowed.includes(name))
      .map(({ writes }) => `${name}: ${writes.source}`),
  );
}

it('nothing but the screen writes to a terminal', () => {
  const files = ['agent', 'controller', 'shared'].flatMap((side) =>
    readdirSync(path.join(root, side), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({ name: path.join(side, name), text: readFileSync(path.join(root, side, name), 'utf8') })),
  );
  expect(files.length).toBeGreaterThan(250);
  expect(findWriters(files)).toEqual([]);
});

it('what does is found', () => {
  const text = 'process.stdout.write(`${tenant}\\n`);';
  expect(findWriters([{ name: 'controller/cli/a.ts', text }])).toHaveLength(2);
});
