// Parses text that may not be JSON, such as what another program sends.

/** The value, or undefined where the text is not JSON, or nested so deep that it cannot be read. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
