// Who waits, and for what: tenants grouped by the rule that holds them.
import { showTime } from '../../../../shared/os/clock.js';
import { alignColumns, indent, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { Target } from '../../../../shared/wire/rollouts_api.js';
import { showNames } from './rollout_words.js';

const most = 15;

interface Group {
  rule: string;
  /** Of its first tenant, and what is the same of all of them. */
  text: string;
  same: string;
  until: string | null;
  slugs: string[];
}

/** The text with `TENANT` in place of the tenant: what is said of two tenants is then the same. */
const nameNobody = (text: string, slug: string) =>
  text
    .split(/([^A-Za-z0-9._-]+)/)
    .map((word) => (word === slug ? 'TENANT' : word))
    .join('');

/** The largest group first; no line where nobody waits. */
export function renderWaits(
  waiting: readonly Target[],
  { style, width }: { style: Style; width: number | null },
): string[] {
  const groups = new Map<string, Group>();
  for (const { slug, waits } of waiting) {
    if (waits === null) continue;
    const { rule, text, until } = waits;
    const same = nameNobody(text, slug);
    const key = `${rule} ${same}`;
    const group = groups.get(key) ?? { rule, text, same, until, slugs: [] };
    groups.set(key, group);
    group.slugs.push(slug);
  }
  if (groups.size === 0) return [];
  const sorted = [...groups.values()].toSorted((one, other) => other.slugs.length - one.slugs.length);
  const rows = sorted
    .slice(0, most)
    .map(({ rule, text, same, until, slugs }) => [
      String(slugs.length),
      rule,
      `${showSafely(slugs.length === 1 ? text : same)}${until === null ? '' : `, until ${showTime(until)}`}`,
      showNames(slugs, slugs.length, 3),
    ]);
  const more = sorted.length > most ? [`  … ${sorted.length - most} more reasons: \`--targets\` shows all`] : [];
  const table = alignColumns([['WAIT', 'RULE', 'WHY', 'WHO'], ...rows], width === null ? null : width - 2);
  return ['', `  ${style.bold('WAITING')}`, ...table.map((line) => indent(line, '  ')), ...more];
}
