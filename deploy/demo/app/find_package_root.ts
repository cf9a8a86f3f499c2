// Finds the folder of the package, where files lie that are not compiled.
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The nearest folder with a package.json from `folder` upwards: the same from source and from `dist`. */
export function findPackageRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findPackageRoot(path.dirname(folder));
}
