// Tiny wheels for pip to install without a network.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

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

/**
 * A Python whose environments take a fraction of a second: its `-m venv` copies pip from a real environment, which
 * `folder` gets, where the real one installs it anew each time. Gives the path of the program.
 */
export function makeQuickPython(folder: string): string {
  const real = path.join(folder, 'real');
  execFileSync('python3', ['-m', 'venv', real]);
  const program = path.join(folder, 'python');
  writeFileSync(program, quickPython.replaceAll('REAL', real), { mode: 0o755 });
  return program;
}

const quickPython = `#!/bin/sh -e
if [ "$1 $2" = '-m venv' ]; then
  python3 -m venv --without-pip "$3"
  cp -a REAL/lib/. "$3/lib/"
  sed "1s|.*|#!$3/bin/python|" REAL/bin/pip >"$3/bin/pip"
  chmod +x "$3/bin/pip"
  exit 0
fi
exec python3 "$@"
`;
