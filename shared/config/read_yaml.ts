// Reads a YAML file into plain values, and knows on which line each key stands.
import { readFile } from 'node:fs/promises';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { AppError, toAppError } from '../errors.js';
import type { ConfigSource, KeyPath } from './config_source.js';
import { hasErrno } from '../os/errno.js';

const mapping = z.record(z.string(), z.unknown());

/**
 * The keys of a YAML file. Throws AppError `config` naming file and line when it is missing, unreadable, empty, not
 * YAML, no mapping, or says a key twice.
 */
export async function readYaml(file: string): Promise<ConfigSource> {
  const text = await readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // A tag that YAML does not know would silently become text, so a warning counts as an error.
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw yamlError(problems.map(({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`));
  }
  const value = toPlainValues(file, document);
  if (value === null) throw yamlError([`${file}:1: the file is empty`]);
  const parsed = mapping.safeParse(value);
  if (!parsed.success) throw yamlError([`${file}:1: must be a mapping of keys to values, such as \`key: value\``]);
  return {
    value: parsed.data,
    locate: (path) => `${file}:${lines.linePos(offsetOf(document, path)).line}`,
  };
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw yamlError([`${file}:1: is not UTF-8 text`]);
    const missing = hasErrno(error, 'ENOENT');
    throw new AppError('config', missing ? `${file}: does not exist` : `${file}: ${toAppError(error).message}`, {
      cause: error,
      hint: missing ? 'create the file, or name the right one' : 'make it a file that the agent can read',
    });
  }
}

function toPlainValues(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias without its anchor, or one that unfolds without bound.
    throw yamlError([`${file}:1: ${toAppError(error).message}`]);
  }
}

/** Where the last key of the path stands, or the deepest one of it that is there. */
function offsetOf(document: Document, path: KeyPath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined || !isNode(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function yamlError(lines: string[]): AppError {
  return new AppError('config', lines.join('\n'), { hint: 'correct the file; its form is YAML 1.2' });
}
