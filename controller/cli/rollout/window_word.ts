// A maintenance window as people write it: `mon-fri 22:00-05:00 Europe/Berlin`.
import { weekdays, windowSchema, type Window } from '../../../shared/model/rollout.js';
import { isZone } from './zone_word.js';

const example = 'such as "mon-fri 22:00-05:00 Europe/Berlin"';

/** The window, or what is wrong with the text. */
export function parseWindow(text: string): Window | string {
  const quoted = JSON.stringify(text.slice(0, 60));
  const [days = '', times = '', zone, ...rest] = text.trim().split(/\s+/);
  if (rest.length > 0 || times === '') return `--window wants days, times and a time zone, ${example}, not ${quoted}`;
  const named = readDays(days);
  if (named === null) return `--window ${quoted}: days are some of ${weekdays.join(', ')}, such as mon-fri or sat,sun`;
  const [from = '', until = '', ...more] = times.split('-');
  if (!isTime(from) || !isTime(until) || more.length > 0) {
    return `--window ${quoted}: the times are two times of day from 00:00 to 23:59, such as 22:00-05:00`;
  }
  if (from === until) return `--window ${quoted}: it ends as it begins, so it never opens`;
  if (zone === undefined) return `--window ${quoted}: the time zone is missing, ${example}`;
  if (!isZone(zone)) {
    return `--window ${quoted}: there is no time zone ${zone}; one such as Europe/Berlin or UTC is meant`;
  }
  return { days: named, from, until, zone };
}

const isTime = (time: string) => windowSchema.shape.from.safeParse(time).success;
const numberOf = (day: string) => weekdays.findIndex((known) => known === day);

/** `mon-fri`, `sat,sun`, `fri-mon`; null for what is no such list. */
function readDays(text: string): Window['days'] | null {
  const named = new Set<Window['days'][number]>();
  for (const part of text.toLowerCase().split(',')) {
    const [from = '', until = from, ...rest] = part.split('-');
    const [first, last] = [numberOf(from), numberOf(until)];
    if (first === -1 || last === -1 || rest.length > 0) return null;
    for (let step = 0; step <= (last - first + 7) % 7; step += 1) {
      const day = weekdays[(first + step) % 7];
      if (day !== undefined) named.add(day);
    }
  }
  return weekdays.filter((day) => named.has(day));
}
