// Reads a command's output from a position on, in chunks that may be stored and shown: bounded, cleaned, masked.
// Positions are byte offsets in the raw file, so they mean the same to every reader and after every restart.
import { open } from 'node:fs/promises';
import { cleanText } from './clean.js';

const chunkBytes = 64 * 1024;

export interface OutputChunk {
  at: number;
  /** Where the next chunk begins; `next === at` means that there is nothing (yet). */
  next: number;
  text: string;
}

export interface OutputReading {
  /** True once the command has ended and the file will not grow. */
  ended: boolean;
  secrets: readonly string[];
  /** Of output beyond this, head and tail are shown, with a marker between. */
  limitBytes: number;
}

async function readBytes(
  file: string,
  range: { from: number; length: number },
): Promise<{ bytes: Buffer; size: number }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.max(0, Math.min(range.length, size - range.from)));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, range.from);
    return { bytes: bytes.subarray(0, bytesRead), size };
  } finally {
    await handle.close();
  }
}

/** The start of a UTF-8 character at or before `end`. */
function alignToCharacter(bytes: Buffer, end: number): number {
  let cut = end;
  while (cut > 0 && end - cut < 4 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return cut;
}

/** How much of `bytes` may be shown when more may follow: whole lines, else whole characters and whole secrets. */
function findCut(bytes: Buffer, secrets: readonly string[]): number {
  const lineEnd = bytes.lastIndexOf('\n') + 1;
  if (lineEnd > 0) return lineEnd;
  if (bytes.length < chunkBytes) return 0;
  const longest = Math.max(4, ...secrets.map((secret) => Buffer.byteLength(secret)));
  let cut = alignToCharacter(bytes, bytes.length - longest);
  for (const secret of secrets) {
    const start = bytes.lastIndexOf(secret, cut);
    if (start > 0 && start < cut && start + Buffer.byteLength(secret) > cut) cut = start;
  }
  return cut;
}

/** The chunk at `from`; a file that is not there yet is empty. May be called again with the same position. */
export async function readOutput(file: string, from: number, reading: OutputReading): Promise<OutputChunk> {
  const headEnd = Math.floor(reading.limitBytes / 2);
  const room = from < headEnd ? headEnd - from : Number.POSITIVE_INFINITY;
  const { bytes, size } = await readBytes(file, { from, length: Math.min(chunkBytes, room) });
  const isOver = size > reading.limitBytes;
  if (isOver && from >= headEnd && from < size - headEnd) {
    // Which bytes are the tail is known only when the last one is.
    if (!reading.ended) return { at: from, next: from, text: '' };
    const next = size - headEnd;
    return { at: from, next, text: `\n[… ${next - from} bytes left out …]\n` };
  }
  const isLast = from + bytes.length >= size;
  const isWhole = (isLast && reading.ended) || bytes.length === room;
  const end = isWhole ? bytes.length : findCut(bytes, reading.secrets);
  return { at: from, next: from + end, text: cleanText(bytes.subarray(0, end), reading.secrets) };
}

/** The last `lines` lines, for the failure of a result. */
export async function readOutputTail(
  file: string,
  options: { lines: number; secrets: readonly string[] },
): Promise<string> {
  const { size } = await readBytes(file, { from: 0, length: 0 });
  const from = Math.max(0, size - 16 * 1024);
  const { bytes } = await readBytes(file, { from, length: size - from });
  const text = cleanText(bytes, options.secrets).replace(/\n+$/, '');
  return text.split('\n').slice(-options.lines).join('\n');
}
