// Part five: what the controller remembers of its tenants and of past upgrades.
import { fixedTag } from '../fixed_release.js';
import { printHeading, printText } from '../narrate.js';
import { showAndRead } from '../shown_command.js';
import type { Setup } from '../setup.js';
import { verify } from '../verify.js';

export async function showHistory(setup: Setup): Promise<void> {
  printHeading('5. What the controller remembers');
  const show = async (line: string) => (await showAndRead(setup, line)).stdout;
  const idle = /^(\S+) +(\S+) .* idle$/gm;
  const tenants = [...(await show('drover tenants')).matchAll(idle)].map(([, slug, version]) => `${slug} ${version}`);
  verify('every tenant is on the version of its last upgrade', tenants, [
    'anna v0.5.0',
    `bert ${fixedTag}`,
    `carol ${fixedTag}`,
  ]);
  verify('their host is connected', (await show('drover hosts')).includes('demo-host  connected'), true);
  printText('All upgrades, newest first:');
  const ends = [...(await show('drover upgrades')).matchAll(/ (success|rolled_back) /g)].map(([, end]) => end);
  verify('the list has all five upgrades', ends, ['success', 'success', 'rolled_back', 'success', 'success']);
  printText('The controller keeps the whole log of each upgrade. These are the last lines of anna’s latest one:');
  const log = await show('drover logs anna | tail -n 7');
  verify('the log is complete', log.trimEnd().endsWith('== success'), true);
}
