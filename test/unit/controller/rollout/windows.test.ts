import { describe, expect, it } from 'vitest';
import { checkWindows, momentOf, openingAt } from '../../../../controller/rollout/windows.js';
import type { Window } from '../../../../shared/model/rollout.js';

const nightly: Window = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '01:00',
  until: '05:00',
  zone: 'Europe/Berlin',
};
const open = (until: string) => ({ isOpen: true, until });
const closed = (until: string | null) => ({ isOpen: false, until });

describe('a maintenance window', () => {
  it('is open from its beginning on, and no longer at its end', () => {
    expect(openingAt([nightly], '2026-12-01T00:00:00.000Z')).toEqual(open('2026-12-01T04:00:00.000Z'));
    expect(openingAt([nightly], '2026-12-01T03:59:59.999Z')).toEqual(open('2026-12-01T04:00:00.000Z'));
    expect(openingAt([nightly], '2026-12-01T04:00:00.000Z')).toEqual(closed('2026-12-02T00:00:00.000Z'));
    expect(openingAt([nightly], '2026-11-30T23:59:59.999Z')).toEqual(closed('2026-12-01T00:00:00.000Z'));
  });

  it('lasts an hour less in the night in which clocks go forward, and an hour more in which they go back', () => {
    expect(openingAt([nightly], '2027-03-28T00:00:00.000Z')).toEqual(open('2027-03-28T03:00:00.000Z'));
    expect(openingAt([nightly], '2026-10-24T23:00:00.000Z')).toEqual(open('2026-10-25T04:00:00.000Z'));
  });

  it('begins after the gap where daylight saving leaves its beginning out', () => {
    const inGap = { ...nightly, from: '02:30', until: '03:30' };
    expect(openingAt([inGap], '2027-03-28T00:59:00.000Z')).toEqual(closed('2027-03-28T01:00:00.000Z'));
    expect(openingAt([inGap], '2027-03-28T01:00:00.000Z')).toEqual(open('2027-03-28T01:30:00.000Z'));
  });

  it('lies on the next day where nothing of it is left in the night that daylight saving shortens', () => {
    const within = { ...nightly, from: '02:10', until: '02:50' };
    expect(openingAt([within], '2027-03-28T00:30:00.000Z')).toEqual(closed('2027-03-29T00:10:00.000Z'));
  });

  it('covers both of the hours that daylight saving repeats', () => {
    const repeated = { ...nightly, from: '02:00', until: '03:00' };
    expect(openingAt([repeated], '2026-10-25T00:00:00.000Z')).toEqual(open('2026-10-25T02:00:00.000Z'));
    expect(openingAt([repeated], '2026-10-25T01:30:00.000Z')).toEqual(open('2026-10-25T02:00:00.000Z'));
  });

  it('goes over midnight where it ends at an earlier time of day', () => {
    const late: Window = { days: ['fri'], from: '22:00', until: '02:00', zone: 'UTC' };
    expect(openingAt([late], '2026-12-05T01:00:00.000Z')).toEqual(open('2026-12-05T02:00:00.000Z'));
    expect(openingAt([late], '2026-12-05T02:00:00.000Z')).toEqual(closed('2026-12-11T22:00:00.000Z'));
  });

  it('is one with a window that touches it', () => {
    const days = [...nightly.days];
    const evening: Window = { days, from: '22:00', until: '00:00', zone: 'UTC' };
    const night: Window = { days, from: '00:00', until: '03:00', zone: 'UTC' };
    expect(openingAt([night, evening], '2026-12-01T23:00:00.000Z')).toEqual(open('2026-12-02T03:00:00.000Z'));
  });

  it('is not needed: without one it is always open', () => {
    expect(openingAt([], '2026-12-01T00:00:00.000Z')).toEqual({ isOpen: true, until: null });
  });

  it('is refused where it never opens, and where there is no such zone', () => {
    const at = '2026-12-01T00:00:00.000Z';
    expect(() => checkWindows([{ ...nightly, until: '01:00' }], at)).toThrow(/no window ever opens/);
    expect(() => checkWindows([nightly, { ...nightly, zone: 'Europe/Atlantis' }], at)).toThrow(
      /no time zone Europe\/Atlantis/,
    );
    expect(() => checkWindows([nightly], at)).not.toThrow();
  });
});

describe('a local date and time', () => {
  it('is a moment of its zone', () => {
    expect(momentOf('2026-12-24 18:00', 'Europe/Berlin', 'earlier')).toBe('2026-12-24T17:00:00.000Z');
    expect(momentOf('2026-12-24', 'America/New_York', 'earlier')).toBe('2026-12-24T05:00:00.000Z');
  });

  it('is the first of two where it repeats for a beginning, and the second for an end', () => {
    expect(momentOf('2026-10-25 02:30', 'Europe/Berlin', 'earlier')).toBe('2026-10-25T00:30:00.000Z');
    expect(momentOf('2026-10-25 02:30', 'Europe/Berlin', 'later')).toBe('2026-10-25T01:30:00.000Z');
  });

  it.each(['2026-02-30', '2026-13-01 10:00'])('is refused where there is none: %s', (local) => {
    expect(() => momentOf(local, 'UTC', 'earlier')).toThrow(/is no date and time/);
  });

  it('is refused where it is no time of four digits of year: it would come before all others', () => {
    expect(() => momentOf('9999-12-31 23:59', 'America/New_York', 'earlier')).toThrow(/is no date and time/);
    expect(() => momentOf('0000-01-01', 'Asia/Tokyo', 'earlier')).toThrow(/is no date and time/);
    expect(momentOf('9999-12-31 23:59', 'UTC', 'earlier')).toBe('9999-12-31T23:59:00.000Z');
  });
});
