// Holds what a command prints in memory, as much as is allowed.
import type { Readable } from 'node:stream';

export interface CollectLimits {
  /** The first so many bytes are kept, and the rest of the chunk in which they end. */
  keptBytes: number;
  /** Beyond so many `flood` is aborted. */
  maxBytes: number;
  /** The same for line feeds and NULs together: whoever splits at them needs far more memory for an entry than a byte. */
  maxLines?: number;
  flood: AbortController;
}

/** Reads the pipe (null: there is none); the returned function gives what is kept so far. */
export function collectOutput(
  pipe: Readable | null,
  { keptBytes, maxBytes, maxLines = Infinity, flood }: CollectLimits,
): () => Buffer {
  const chunks: Buffer[] = [];
  let [sizeBytes, lines] = [0, 0];
  pipe?.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    lines += maxLines === Infinity ? 0 : countLines(chunk);
    if (sizeBytes > maxBytes || lines > maxLines) flood.abort();
    else if (sizeBytes - chunk.length < keptBytes) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (const byte of chunk) if (byte === 0 || byte === 10) count += 1;
  return count;
}
