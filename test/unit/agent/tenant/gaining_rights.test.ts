import { describe, expect, test } from 'vitest';
import { findGainingPrograms, isGainingProgram } from '../../../../agent/tenant/gaining_rights.js';

describe('a script that gains rights', () => {
  test.each([
    ['sudo systemctl reload nginx', ['sudo']],
    ['/usr/bin/sudo -n true', ['sudo']],
    ['subprocess.run(["sudo", "true"])', ['sudo']],
    ['timeout 5 crontab -', ['crontab']],
    ['su - other -c true', ['su']],
    ['[ -e x ] && /bin/mount /mnt', ['mount']],
    ['if ! A=1 at now; then true; fi', ['at']],
    ['echo done | mail -s done root', ['mail']],
  ])('is found: %s', (line, names) => {
    expect(findGainingPrograms(`#!/bin/sh\n${line}\n`)).toEqual(names);
  });

  test.each([
    'echo "we meet at noon"',
    '# sudo is not used',
    'echo mount points',
    'pseudo=1; sudoku',
    'cp "$APP_DIR/mail" "$DATA_DIR"',
    '',
  ])('is none: %s', (line) => {
    expect(findGainingPrograms(`${line}\n`)).toEqual([]);
  });
});

test('a configured command is judged by the name of its program', () => {
  expect(['/usr/bin/sudo', 'su', 'bin/ctl'].map(isGainingProgram)).toEqual([true, true, false]);
});
