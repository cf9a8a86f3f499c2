// Styles of text for a terminal. A styled text carries marks that hold a secret of this process, so that no text from
// outside can be styled, or style what follows. `paintText` cleans the text between the marks and turns the marks into
// colours: it is the only way to a terminal.
import { randomBytes } from 'node:crypto';
import picocolors from 'picocolors';
import { cleanText } from '../../clean_text.js';

const names = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;
type StyleName = (typeof names)[number];
export type Style = Record<StyleName, (text: string) => string>;

const secret = randomBytes(8).toString('hex');
const markOf = (what: string) => `\ufdd0${secret}${what}\ufdd1`;
const marks = new RegExp(`\ufdd0${secret}([a-z]+)\ufdd1`);
const end = 'end';
const colours = picocolors.createColors(true);

/** Functions that style a text, or return it as it is. */
export function createStyle(hasColours: boolean): Style {
  const styleWith = (name: StyleName) => (text: string) => (hasColours ? `${markOf(name)}${text}${markOf(end)}` : text);
  return {
    bold: styleWith('bold'),
    dim: styleWith('dim'),
    red: styleWith('red'),
    green: styleWith('green'),
    yellow: styleWith('yellow'),
    cyan: styleWith('cyan'),
  };
}

/** What a terminal gets: no control character but tab, line feed and the colours of the styles. */
export function paintText(styled: string): string {
  const open: StyleName[] = [];
  return styled
    .split(marks)
    .map((piece, index) => {
      if (index % 2 === 0) {
        const text = cleanText(piece);
        return text === '' ? '' : open.reduceRight((inner, name) => colours[name](inner), text);
      }
      const name = names.find((known) => known === piece);
      if (name === undefined) open.pop();
      else open.push(name);
      return '';
    })
    .join('');
}

/** The styled text with the text between its marks cleaned. */
export function cleanStyled(styled: string): string {
  return styled
    .split(marks)
    .map((piece, index) => (index % 2 === 0 ? cleanText(piece) : markOf(piece)))
    .join('');
}

/** The characters that a terminal shows of it. */
export function stripStyle(styled: string): string {
  return styled
    .split(marks)
    .filter((_, index) => index % 2 === 0)
    .map((piece) => cleanText(piece))
    .join('');
}

/** The first `width` characters that a terminal shows of it, with their styles; what it holds is cleaned. */
export function cutStyled(styled: string, width: number): string {
  let left = width;
  return styled
    .split(marks)
    .map((piece, index) => {
      if (index % 2 === 1) return markOf(piece);
      const shown = cleanText(piece).slice(0, Math.max(0, left));
      left -= shown.length;
      return shown;
    })
    .join('');
}
