// Tiny wheels for pip to install without a network.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';

const makeWheel = `
import sys, zipfile
folder, name, version = sys.argv[1:]
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}.py', f'version = "{version}"\\n')
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', f'{name}.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n')
`;

/** Makes the package `tiny` in these versions; the environment in which pip finds it in `folder`, and nothing else. */
export function makeWheels(folder: string, versions: readonly string[]): Record<string, string> {
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  for (const version of versions) execFileSync('python3', ['-c', makeWheel, folder, 'tiny', version]);
  return { PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder };
}
