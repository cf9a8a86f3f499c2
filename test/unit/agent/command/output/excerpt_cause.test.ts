import { describe, expect, it } from 'vitest';
import { excerptCause } from '../../../../../agent/command/output/excerpt_cause.js';

const noise = (count: number) => Array.from({ length: count }, (_, n) => `line ${n}`);
const excerpt = (lines: readonly string[], maxLines = 20) => excerptCause(lines.join('\n'), maxLines).split('\n');

const traceback = (exception: string) => [
  'Traceback (most recent call last):',
  '  File "manage.py", line 3, in <module>',
  '    main()',
  exception,
];

describe('the excerpt', () => {
  it('of output without a known form is its end', () => {
    expect(excerpt(noise(30), 3)).toEqual(['line 27', 'line 28', 'line 29']);
    expect(excerpt(['not yet'])).toEqual(['not yet']);
  });

  it('of a Python traceback begins with its exception, and ends with the end of the output', () => {
    const lines = [...noise(30), ...traceback("KeyError: 'notes'"), ...noise(30)];
    const found = excerpt(lines);
    expect(found).toHaveLength(20);
    expect(found[0]).toBe("KeyError: 'notes'");
    expect(found.at(-1)).toBe('line 29');
  });

  it('of chained tracebacks names the last exception, then those that led to it', () => {
    const lines = [
      ...traceback('ValueError: an older one'),
      'other output',
      ...traceback("KeyError: 'notes'"),
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      ...traceback('django.db.utils.OperationalError: no such table: notes'),
    ];
    expect(excerpt(lines, 8).slice(0, 2)).toEqual([
      'django.db.utils.OperationalError: no such table: notes',
      "after KeyError: 'notes'",
    ]);
  });

  it('of a Node error begins at its message, above the stack', () => {
    const stack = Array.from({ length: 30 }, (_, n) => `    at f${n} (file:///app/migrate.mjs:${n}:1)`);
    const lines = [...noise(5), '/app/migrate.mjs:3', 'throw', '^', '', 'TypeError [ERR_X]: no such column', ...stack];
    expect(excerpt(lines).slice(0, 2)).toEqual(['TypeError [ERR_X]: no such column', stack[0]]);
    expect(excerpt(['Error: said by a script that has no stack', ...noise(3)], 2)).toEqual(['line 1', 'line 2']);
  });

  it('of pip and of npm begins at the first line that is marked as an error', () => {
    const pip = [
      'ERROR: Could not find a version that satisfies nothing==1.0',
      'ERROR: No matching distribution found',
    ];
    expect(excerpt([...noise(30), ...pip, '[notice] A new release of pip', ...noise(30)])[0]).toBe(pip[0]);
    expect(excerpt([...noise(30), 'npm error code E404', ...noise(30)])[0]).toBe('npm error code E404');
  });
});
