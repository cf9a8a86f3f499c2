// Colours for a terminal; none where there is none, or where NO_COLOR asks for none.
import picocolors from 'picocolors';

export type Style = Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>;

/** Functions that colour a text, or return it as it is. */
export function createStyle(hasColours: boolean): Style {
  return picocolors.createColors(hasColours);
}
