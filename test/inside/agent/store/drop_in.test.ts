// The drop-in of a boot guard as systemd reads it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { dropInFile, dropInText } from '../../../../agent/store/guards/drop_in.js';
import { markFile } from '../../../../agent/store/guards/mark.js';
import { systemctl } from '../command/unit_lab.js';

const [unitFolder, unit] = ['/run/systemd/system', 'drover-odd-path.service'];

test.each(['/srv/drover/guards', String.raw`/srv/my "state" at 100%n \x41 $HOME/guards`])(
  'holds the unit back by a mark in %s, whose disk comes first',
  (guardFolder) => {
    const dropIn = dropInFile(unitFolder, unit);
    for (const made of [guardFolder, path.dirname(dropIn)]) mkdirSync(made, { recursive: true });
    onTestFinished(() => {
      const made = [guardFolder, path.dirname(dropIn), path.join(unitFolder, unit)];
      for (const each of made) rmSync(each, { recursive: true });
      systemctl('daemon-reload');
    });
    writeFileSync(path.join(unitFolder, unit), '[Service]\nType=oneshot\nExecStart=true\n');
    writeFileSync(dropIn, dropInText(guardFolder, 'testsite'));
    systemctl('daemon-reload');
    const verified = execFileSync('sh', ['-c', 'systemd-analyze verify "$1" 2>&1', 'sh', unit], { encoding: 'utf8' });
    expect(verified).toBe('');
    const shown = systemctl('show', '--property=RequiresMountsFor', '--value', unit).trim();
    const text = JSON.stringify(guardFolder).replaceAll('$', String.raw`\$`);
    expect([guardFolder, text]).toContain(shown);
    systemctl('start', unit);
    writeFileSync(markFile(guardFolder, 'testsite'), '');
    expect(() => systemctl('start', unit)).toThrow('Assertion failed');
  },
);
