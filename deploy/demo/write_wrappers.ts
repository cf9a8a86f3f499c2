// Small scripts that run Drover's programs with the demo's files, so that commands are short to read and to type.
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoController } from './app/make_controller.js';
import type { DemoHost } from './app/make_host.js';
import { quoteWord } from '../../shared/os/quote_word.js';

const compiled = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const execute = (...words: string[]) => `exec ${[process.execPath, ...words].map(quoteWord).join(' ')} "$@"`;

/** Writes `drover-agent` into `bin`, and with a controller also `drover-controller` and `drover`. */
export async function writeWrappers(
  bin: string,
  { host, controller }: { host: DemoHost; controller: DemoController | null },
): Promise<void> {
  const write = async (name: string, script: readonly string[]) => {
    const file = path.join(bin, name);
    await writeFile(file, `#!/bin/sh\n${script.join('\n')}\n`);
    await chmod(file, 0o755);
  };
  await write('drover-agent', [execute(compiled('agent/main.js'), '--config', host.configFile)]);
  if (controller === null) return;
  await write('drover-controller', [execute(compiled('controller/main.js'), '--config', controller.configFile)]);
  await write('drover', [
    '# This uses the contexts of the demo, not your own.',
    'unset DROVER_URL DROVER_TOKEN',
    `export XDG_CONFIG_HOME=${quoteWord(controller.contextsHome)}`,
    execute(compiled('controller/cli/main.js')),
  ]);
}
