// The waves of a rollout as a table.
import { alignColumns, indent, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { Rollout } from '../../../../shared/wire/rollouts_api.js';

/** So many on a screen that is redrawn: the open one and those around it. */
const most = 7;

type Wave = Rollout['wave_list'][number];

const states: Readonly<Record<Wave['state'], string>> = {
  waiting: 'not open',
  open: 'running',
  soaking: 'passed, soaks',
  passed: 'passed',
};

/** No line without waves: nothing was to be upgraded. */
export function renderWaves(
  { wave_list: waves, wave, state }: Pick<Rollout, 'wave_list' | 'wave' | 'state'>,
  { style, width, isShort }: { style: Style; width: number | null; isShort: boolean },
): string[] {
  if (waves.length === 0) {
    return ['  nothing is to be upgraded: all have the version already'];
  }
  const first = isShort ? Math.max(0, Math.min(wave - 2, waves.length - most)) : 0;
  const shown = isShort ? waves.slice(first, first + most) : waves;
  const rows = shown.map((one) => {
    const name = one.no === 0 ? 'canary' : showSafely(one.name);
    const isOpen = one.state === 'open' && state === 'running';
    const what = one.state === 'open' && state !== 'running' ? state : states[one.state];
    const waits = one.waits === null || one.state === 'passed' ? '' : `: ${showSafely(one.waits)}`;
    return [
      `${one.no + 1}`,
      name,
      String(one.tenants),
      one.opened_at === null ? '–' : String(one.succeeded),
      one.opened_at === null ? '–' : one.failed === 0 ? '0' : style.red(String(one.failed)),
      isOpen ? style.cyan(what) + waits : what + waits,
    ];
  });
  const left = waves.length - shown.length;
  const more = left === 0 ? [] : [style.dim(`  … ${left} more waves: \`drover rollout show\` lists them`)];
  const table = alignColumns(
    [['WAVE', '', 'TENANTS', 'OK', 'FAIL', 'STATE'], ...rows],
    width === null ? null : width - 2,
  );
  return [...table.map((line) => indent(line, '  ')), ...more];
}
