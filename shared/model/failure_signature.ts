// The signature of a failure: what the failures of a rollout are grouped by.
import type { Failure } from './result.js';

/** How much of the message counts, and how much of it is looked at. */
const maxMessage = 200;
const maxRead = 1000;

/** Names that a message may contain and that differ from tenant to tenant. */
export interface Names {
  tenant: string;
  host: string;
}

/**
 * Step, hook and normalised message as one text: `step | hook | message`. Failures of one cause have the same, on whatever
 * host and tenant: digits, ids, hashes, paths, URLs and the names of tenant and host are replaced. Pure; linear in the message.
 */
export function signFailure({ step, hook, message }: Pick<Failure, 'step' | 'hook' | 'message'>, names: Names): string {
  return [step ?? '-', hook ?? '-', normalizeMessage(message, names)].join(' | ');
}

/** A signature as people read it: `step hook: message`, without what is not there. Pure. */
export function describeSignature(signature: string): string {
  const [step = '-', hook = '-', ...message] = signature.split(' | ');
  const where = [step, hook].filter((part) => part !== '-').join(' ');
  return [where, message.join(' | ')].filter((part) => part !== '').join(': ');
}

function normalizeMessage(message: string, { tenant, host }: Names): string {
  const named = replaceName(replaceName(message.slice(0, maxRead), host, 'HOST'), tenant, 'TENANT');
  const words = named.replaceAll(/[^\s"'`‘’“”(),;<>[\]{}|=]+/g, normalizeWord);
  return words
    .replaceAll(/["`‘’“”]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, maxMessage);
}

/** Replaces a name where no letter or digit is beside it: `acme` in `acme-web.service`, not in `acmegroup`. */
function replaceName(text: string, name: string, as: string): string {
  if (name === '') return text;
  let replaced = '';
  let from = 0;
  for (;;) {
    const at = text.indexOf(name, from);
    if (at === -1) return replaced + text.slice(from);
    const end = at + name.length;
    const isWhole = !isAlphanumeric(text[at - 1]) && !isAlphanumeric(text[end]);
    replaced += text.slice(from, at) + (isWhole ? as : name);
    from = end;
  }
}

const isAlphanumeric = (character: string | undefined) => character !== undefined && /^[0-9A-Za-z]$/.test(character);

/** A word is what stands between spaces, quotes and brackets. */
function normalizeWord(word: string): string {
  let end = word.length;
  while (end > 0 && '.:!?'.includes(word[end - 1] ?? '')) end -= 1;
  const [core, rest] = [word.slice(0, end), word.slice(end)];
  return normalizeCore(core) + rest;
}

function normalizeCore(word: string): string {
  if (word.includes('://')) return 'URL';
  if (word.startsWith('/') && word.length > 1) return 'PATH';
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word)) return 'ID';
  return word.replaceAll(/[0-9A-Za-z]+/g, (part) =>
    part.length >= 7 && /^[0-9a-f]+$/i.test(part) && /\d/.test(part) ? 'HEX' : part.replaceAll(/\d+/g, 'N'),
  );
}
