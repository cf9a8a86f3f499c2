// Act five: what the controller knows of its fleet, and of what has happened.
import { mendedTag } from '../mended_release.js';
import { printHeading, printText } from '../narrate.js';
import { showAndRead } from '../shown_command.js';
import type { Stage } from '../stage.js';
import { verify } from '../verify.js';

export async function lookAround(stage: Stage): Promise<void> {
  printHeading('5. The fleet');
  const show = async (line: string) => (await showAndRead(stage, line)).stdout;
  const idle = /^(\S+) +(\S+) .* idle$/gm;
  const tenants = [...(await show('drover tenants')).matchAll(idle)].map(([, slug, version]) => `${slug} ${version}`);
  verify('every tenant is where it should be', tenants, ['anna v0.5.0', `bert ${mendedTag}`, `carol ${mendedTag}`]);
  verify('their host is connected', (await show('drover hosts')).includes('demo-host  connected'), true);
  printText('What has happened, newest first:');
  const ends = [...(await show('drover upgrades')).matchAll(/ (success|rolled_back) /g)].map(([, end]) => end);
  verify('all five upgrades are there', ends, ['success', 'success', 'rolled_back', 'success', 'success']);
  printText('The whole stream of each is kept at the controller. The end of anna’s last one:');
  const stream = await show('drover logs anna | tail -n 7');
  verify('it has been told to its end', stream.trimEnd().endsWith('== success'), true);
}
