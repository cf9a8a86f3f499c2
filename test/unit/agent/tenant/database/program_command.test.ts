import { describe, expect, it } from 'vitest';
import { programCommand, programPath } from '../../../../../agent/tenant/database/program_command.js';

describe('programPath', () => {
  it('lies beside the compiled module', () => {
    const module = 'file:///usr/lib/drover/agent/tenant/database/program_command.js';
    const program = '/usr/lib/drover/agent/tenant/database/programs/sqlite_backup.js';
    expect(programPath('sqlite_backup', module)).toBe(program);
  });

  it('lies in dist when the module runs as TypeScript', () => {
    const module = 'file:///src/drover/agent/tenant/database/program_command.ts';
    const program = '/src/drover/dist/agent/tenant/database/programs/sqlite_backup.js';
    expect(programPath('sqlite_backup', module)).toBe(program);
  });
});

describe('programCommand', () => {
  it('gives the arguments as they are', () => {
    const [node, , ...args] = programCommand('sqlite_restore', ['/a b', '{"x":"$y"}', '']);
    expect([node, ...args]).toEqual([process.execPath, '/a b', '{"x":"$y"}', '']);
  });

  it('splits a long last argument into parts that the system takes, between characters', () => {
    const text = '🐑'.repeat(100_000);
    const [, , first, ...parts] = programCommand('seal_backup', ['/a', text]);
    expect(first).toBe('/a');
    expect(parts.join('')).toBe(text);
    for (const part of parts) {
      expect(Buffer.byteLength(part)).toBeLessThan(128 * 1024);
      expect(Buffer.from(part).toString()).toBe(part);
    }
  });
});
