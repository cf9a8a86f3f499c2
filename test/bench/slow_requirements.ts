// Requirements whose installation takes its time: source packages that pip builds, with a build that waits.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../../deploy/demo/run_program.js';
import { findProgram } from './find_program.js';

/** A build backend inside of the package itself (PEP 517): pip needs neither a network nor setuptools for it. */
const backend = `import time, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    time.sleep(SECONDS)
    name, info = 'slow_requirement-VERSION-py3-none-any.whl', 'slow_requirement-VERSION.dist-info'
    with zipfile.ZipFile(f'{folder}/{name}', 'w') as wheel:
        wheel.writestr('slow_requirement.py', '')
        write(lambda file, text: wheel.writestr(f'{info}/{file}', text))
        wheel.writestr(f'{info}/RECORD', f'slow_requirement.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n')
    return name
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    import os
    info = 'slow_requirement-VERSION.dist-info'
    os.makedirs(f'{folder}/{info}')
    write(lambda file, text: open(f'{folder}/{info}/{file}', 'w').write(text))
    return info
def write(put):
    put('METADATA', 'Metadata-Version: 2.1\\nName: slow-requirement\\nVersion: VERSION\\n')
    put('WHEEL', 'Wheel-Version: 1.0\\nGenerator: bench\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
`;

const project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';

/** The interpreter itself, not a shim of a version manager; null without one that has \`venv\`. */
export async function findPython(): Promise<string | null> {
  const python = await findProgram('python3');
  if (python === null) return null;
  try {
    const program = 'import sys, venv, ensurepip; print(sys.executable)';
    return await runProgram([python, '-c', program], { cwd: '/' });
  } catch {
    return null;
  }
}

/** Makes `slow-requirement` in these versions; the environment in which pip finds them, and nothing else. */
export async function makeSlowRequirements(wish: {
  folder: string;
  python: string;
  versions: readonly string[];
  seconds: number;
}): Promise<Record<string, string>> {
  const { folder, python, versions, seconds } = wish;
  for (const version of versions) {
    const name = `slow_requirement-${version}`;
    const source = path.join(folder, name);
    await mkdir(source, { recursive: true });
    await writeFile(path.join(source, 'pyproject.toml'), project);
    await writeFile(
      path.join(source, 'PKG-INFO'),
      `Metadata-Version: 2.1\nName: slow-requirement\nVersion: ${version}\n`,
    );
    const text = backend.replaceAll('SECONDS', String(seconds)).replaceAll('VERSION', version);
    await writeFile(path.join(source, 'backend.py'), text);
    await runProgram([python, '-m', 'tarfile', '-c', `${name}.tar.gz`, name], { cwd: folder });
  }
  return { PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder, PIP_NO_CACHE_DIR: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
}
