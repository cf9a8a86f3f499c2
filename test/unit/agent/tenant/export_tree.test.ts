import { expect, test } from 'vitest';
import { agentLimits } from '../../../../agent/limits.js';
import { measureExport } from '../../../../agent/tenant/export_tree.js';
import type { TreeEntry } from '../../../../agent/tenant/tree.js';

const file = (path: string, oid: string): TreeEntry => ({ mode: '100644', type: 'blob', oid, path });
const entries = [file('a', 'one'), file('b', 'one'), { ...file('c', 'two'), type: 'commit' as const }];

test('the room for an export is that of every file, in whole blocks, also where files are one object', () => {
  expect(measureExport(entries, new Map([['one', 5000]]))).toBe(4 * 4096);
});

test('more than may be exported is refused, also where files are one object', () => {
  const half = agentLimits.repositoryRead.max / 2;
  expect(measureExport(entries, new Map([['one', half]]))).toBe(2 * half);
  expect(() => measureExport(entries, new Map([['one', half + 1]]))).toThrow(
    expect.objectContaining({ code: 'unsupported-repository' }),
  );
});
