// Reads a command's output from a position on, in chunks that are safe to store and show: bounded, cleaned, masked.
// Positions are byte offsets in the raw file, so they are valid for every reader and after every restart.
import { open, type FileHandle } from 'node:fs/promises';
import { cleanText } from '../../../shared/clean_text.js';
import { findCut, findLineEnd, lookaheadBytes } from './find_cut.js';
import { scanOutput } from './scan_output.js';
import { trimEndOf } from '../../../shared/trim_end.js';

const chunkBytes = 64 * 1024;
const lineFeed = 0x0a;
/** How much of the end of an output is searched for its last lines. */
const tailBytes = 16 * 1024;

export interface OutputChunk {
  at: number;
  /** Where the next chunk begins. */
  next: number;
  text: string;
}

export interface OutputReading {
  /** True once the command has ended and the file will not grow. */
  ended: boolean;
  /** The texts to mask; none of them spans lines. */
  secrets: readonly string[];
  /** Of longer output only head and tail are shown, with a marker between them. */
  limitBytes: number;
}

/**
 * The chunks from `from` on, to the end of what exists. `from` is 0 or the `next` of another chunk; from any other
 * position on no part of a secret is shown either. May be called again with the same position.
 */
export async function* readOutput(file: string, from: number, reading: OutputReading): AsyncGenerator<OutputChunk> {
  const handle = await open(file, 'r');
  const room = Buffer.allocUnsafe(chunkBytes + lookaheadBytes(reading.secrets));
  try {
    let size = 0;
    for (let at = from; ; ) {
      if (at + room.length > size) ({ size } = await handle.stat());
      const chunk = await readNext(handle, { from: at, size, room }, reading);
      if (chunk.next === at) return;
      yield chunk;
      at = chunk.next;
    }
  } finally {
    await handle.close();
  }
}

interface Place {
  from: number;
  /** Of the file. */
  size: number;
  /** The read buffer: it holds a chunk and the bytes after it that decide where to cut. */
  room: Buffer;
}

/** The chunk at `from`; `next === at` means that no more exists (yet). */
async function readNext(handle: FileHandle, place: Place, reading: OutputReading): Promise<OutputChunk> {
  const { from, size, room } = place;
  const { ended, secrets, limitBytes } = reading;
  const halfBytes = Math.floor(limitBytes / 2);
  if (size <= limitBytes || (ended && from >= size - halfBytes)) {
    return readChunk(handle, { from, end: size, isOpen: !ended, secrets, room });
  }
  // The head consists of whole lines. The start of the tail is known only once the output has ended.
  const head = await readChunk(handle, { from, end: Math.max(from, halfBytes), isOpen: true, secrets, room });
  if (head.next > from || !ended) return head;
  const next = await findStart(handle, size - halfBytes, secrets);
  if (from < next) return { at: from, next, text: `\n[… ${next - from} bytes left out …]\n` };
  return readChunk(handle, { from, end: size, isOpen: false, secrets, room });
}

/** The last `lines` lines, for the failure of a result. */
export async function readOutputTail(
  file: string,
  { lines, secrets }: { lines: number; secrets: readonly string[] },
): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const from = await findStart(handle, Math.max(0, size - tailBytes), secrets);
    const text = await readPart(handle, { from, end: size, secrets });
    return trimEndOf(text, '\n').split('\n').slice(-lines).join('\n');
  } finally {
    await handle.close();
  }
}

interface Stretch {
  from: number;
  end: number;
  /** True when more may follow at `end`, so that the stretch must end with a whole line. */
  isOpen: boolean;
  secrets: readonly string[];
  room: Buffer;
}

/** Whole lines; a line longer than a chunk comes in parts. */
async function readChunk(handle: FileHandle, { from, end, isOpen, secrets, room }: Stretch): Promise<OutputChunk> {
  const bytes = await readBytes(handle, { from, into: room.subarray(0, Math.max(0, end - from)) });
  const findLength = () => {
    if (!isOpen && bytes.length <= chunkBytes) return bytes.length;
    const lineEnd = findLineEnd(bytes, chunkBytes);
    const isKnown = !isOpen || bytes.length === room.length;
    return lineEnd === 0 && isKnown ? findCut(bytes, chunkBytes, secrets) : lineEnd;
  };
  const next = from + findLength();
  // No secret lies across a line end: whole lines are cleaned without what is around them.
  const isLines = bytes[next - from - 1] === lineFeed && (await startsLine(handle, from));
  const text = isLines
    ? cleanText(bytes.subarray(0, next - from), secrets)
    : await readPart(handle, { from, end: next, secrets });
  return { at: from, next, text };
}

async function startsLine(handle: FileHandle, at: number): Promise<boolean> {
  if (at === 0) return true;
  const [before] = await readBytes(handle, { from: at - 1, into: Buffer.alloc(1) });
  return before === lineFeed;
}

/** The clean text of these bytes. What is around them says which secrets reach into them. */
async function readPart(
  handle: FileHandle,
  { from, end, secrets }: Pick<Stretch, 'from' | 'end' | 'secrets'>,
): Promise<string> {
  const start = Math.max(0, from - lookaheadBytes(secrets));
  const length = end + lookaheadBytes(secrets) - start;
  const about = await readBytes(handle, { from: start, into: Buffer.alloc(length) });
  return scanOutput(about, secrets).cleanPart(from - start, end - start);
}

/** The position at or before `near` where reading may begin. */
async function findStart(handle: FileHandle, near: number, secrets: readonly string[]): Promise<number> {
  const from = Math.max(0, near - 3 * lookaheadBytes(secrets));
  const about = await readBytes(handle, { from, into: Buffer.alloc(near + lookaheadBytes(secrets) - from) });
  return from + findCut(about, near - from, secrets);
}

/** Fewer where the file ends before. */
async function readBytes(handle: FileHandle, { from, into }: { from: number; into: Buffer }): Promise<Buffer> {
  const { bytesRead } = await handle.read(into, 0, into.length, from);
  return into.subarray(0, bytesRead);
}
