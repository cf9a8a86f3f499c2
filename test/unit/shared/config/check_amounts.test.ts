import { describe, expect, it } from 'vitest';
import { checkAmounts, findTooDeepLine } from '../../../../shared/config/check_amounts.js';
import { sharedLimits } from '../../../../shared/limits.js';

const check = (value: Record<string, unknown>) => () =>
  checkAmounts({ value, locate: (path) => `a.yaml:${path.length}` });

const nested = (levels: number): unknown => (levels === 0 ? 'x' : { a: nested(levels - 1) });

describe('a configuration', () => {
  it('may hold as much as the limits say', () => {
    expect(check({ text: 'x'.repeat(sharedLimits.configText.max) })).not.toThrow();
    expect(check({ list: Array.from({ length: sharedLimits.configItems.max }, () => 'x') })).not.toThrow();
    expect(check({ a: nested(sharedLimits.configDepth.max - 1) })).not.toThrow();
  });

  it('is refused with one more, by file, line and key', () => {
    const { configText, configItems, configDepth } = sharedLimits;
    expect(check({ b: { text: 'x'.repeat(configText.max + 1) } })).toThrow(/^a.yaml:2: b.text: is a text of 32769/);
    const list = Array.from({ length: configItems.max + 1 }, () => 'x');
    expect(check({ list })).toThrow(/^a.yaml:1: list: has 1001 items, and 1000 is the limit/);
    expect(check({ a: nested(configDepth.max) })).toThrow(/^a.yaml:3: a.a.a: is nested deeper than 16 levels/);
  });

  it('is refused with a zero byte, which no path, word or variable can hold', () => {
    expect(check({ services: { start: ['ctl', 'a\0b'] } })).toThrow('services.start[1]: must not hold a zero byte');
    expect(check({ labels: { 'a\0': 'b' } })).toThrow(/zero byte/);
  });
});

describe('a text', () => {
  it('is not parsed where it is nested too deep', () => {
    expect(findTooDeepLine(`a: 1\nb: ${'['.repeat(65)}`)).toBe(2);
    expect(findTooDeepLine(`${'- '.repeat(200)}x`)).toBe(1);
    expect(findTooDeepLine(`${' '.repeat(300)}x: 1`)).toBe(1);
  });

  it('is parsed with many lists beside each other', () => {
    expect(findTooDeepLine('a: [1, {b: [2]}]\n'.repeat(1000))).toBeNull();
  });
});
