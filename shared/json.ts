// Parses text that may not be JSON, such as what another program sends; writes JSON that can steer no terminal.

/** The value, or undefined where the text is not JSON, or nested so deep that it cannot be read. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What JSON.stringify leaves as it is, and a terminal may obey: DEL, C1 controls, separators, changes of direction. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const unescaped = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/g;

/** The same JSON with each control character as `\u…`. */
export function escapeJson(json: string): string {
  return json.replaceAll(unescaped, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
