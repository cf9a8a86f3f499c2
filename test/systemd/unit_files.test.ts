// The units that are shipped: systemd has nothing to complain of, they expose as little as they can, and all is explained.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runProgram } from '../../deploy/demo/run_program.js';

const folder = path.join(import.meta.dirname, '../../deploy/systemd');
const units = readdirSync(folder).filter((name) => name.endsWith('.service'));
const readme = readFileSync(path.join(folder, '../README.md'), 'utf8');
/** What `systemd-analyze security` says of each, at most. */
const limits: Readonly<Record<string, number>> = { agent: 4.3, controller: 1.3 };

const assessment = z.array(z.object({ name: z.string(), exposure: z.string().nullable() }));

async function findOpen(unit: string): Promise<string[]> {
  const words = ['systemd-analyze', 'security', '--offline=true', '--json=short', path.join(folder, unit)] as const;
  const items = assessment.parse(JSON.parse(await runProgram(words, { cwd: '/' })));
  return items.flatMap(({ name, exposure }) => (exposure === null ? [] : [name]));
}

test('systemd has nothing to complain of', async () => {
  const copies = mkdtempSync(path.join(tmpdir(), 'drover-units-'));
  onTestFinished(() => rmSync(copies, { recursive: true }));
  for (const unit of units) {
    // The programs are not installed here; the guide's test verifies the files where they are.
    const text = readFileSync(path.join(folder, unit), 'utf8').replace(/^ExecStart=drover-\w+/m, 'ExecStart=true');
    writeFileSync(path.join(copies, unit), text);
  }
  const files = units.map((unit) => path.join(copies, unit));
  const script = 'systemd-analyze verify "$@" 2>&1';
  expect(await runProgram(['sh', '-c', script, 'sh', ...files], { cwd: '/' })).toBe('');
});

describe.each(['agent', 'controller'])('the unit of the %s', (program) => {
  const unit = `drover-${program}.service`;

  test('is exposed no more than it is said to be', async () => {
    const max = limits[program] ?? 0;
    const words = ['systemd-analyze', 'security', '--offline=true', `--threshold=${max * 10}`] as const;
    await runProgram([...words, path.join(folder, unit)], { cwd: '/' });
    expect(readme).toContain(`${max} for the ${program}`);
  });

  test('has each open item explained', async () => {
    const table = new RegExp(`<!-- open: ${program} -->\n([^]*?)<!-- /open`).exec(readme)?.[1] ?? '';
    const cells = [...table.matchAll(/^\| (`.*?`) \| \S/gm)].map(([, cell = '']) => cell);
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    const explained = named.map((name) => name?.replaceAll('\\|', '|'));
    expect(new Set(explained)).toEqual(new Set(await findOpen(unit)));
  });
});

test('each line that is no limit of exposure is explained', () => {
  const [, lines = ''] = /^## The lines of the units\n([^]*?)^## /m.exec(readme) ?? [];
  const explained = new Set([...lines.matchAll(/`(\w+=)/g)].map(([, key]) => key));
  const hardening =
    /^(CapabilityBoundingSet|LockPersonality|NoNewPrivileges|Private\w+|Protect\w+|RemoveIPC|Restrict\w+|SystemCall(Architectures|Filter)|UMask)=/;
  const keys = units.flatMap((unit) =>
    [...readFileSync(path.join(folder, unit), 'utf8').matchAll(/^(\w+=)/gm)].map(([, key]) => key ?? ''),
  );
  expect(keys.filter((key) => !hardening.test(key) && !explained.has(key))).toEqual([]);
});
