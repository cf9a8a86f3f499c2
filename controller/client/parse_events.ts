// Server-sent events out of a body, as the HTML standard has them; comments only show that the connection lives.

export interface ReceivedEvent {
  /** The last id in the stream so far, if any. */
  id: string | null;
  event: string;
  data: string;
}

/** The events, and null for any bytes at all. An incomplete event at the end is dropped. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ReceivedEvent | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | null = null;
  let event = '';
  let data: string[] = [];
  for await (const bytes of body) {
    yield null;
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.map((text) => text.replace(/\r$/, ''))) {
      if (line === '') {
        if (data.length > 0) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
        event = '';
        data = [];
        continue;
      }
      const { field, value } = splitField(line);
      if (field === 'id') id = value;
      else if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
  }
}

function splitField(line: string): { field: string; value: string } {
  const colon = line.indexOf(':');
  if (colon === -1) return { field: line, value: '' };
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}
