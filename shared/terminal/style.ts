// Colours for a terminal; none where there is none, or where NO_COLOR asks for none.
import picocolors from 'picocolors';

export type Style = Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>;

export function createStyle(hasColours: boolean): Style {
  return picocolors.createColors(hasColours);
}
