// Holds what a command prints in memory, as much as is allowed.
import type { Readable } from 'node:stream';

export interface CollectLimits {
  /** The first so many bytes are kept, and the rest of the chunk in which they end. */
  keptBytes: number;
  /** Beyond so many `flood` is aborted. */
  maxBytes: number;
  flood: AbortController;
}

/** Reads the pipe (null: there is none); the returned function gives what is kept so far. */
export function collectOutput(pipe: Readable | null, { keptBytes, maxBytes, flood }: CollectLimits): () => Buffer {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  pipe?.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) flood.abort();
    else if (sizeBytes - chunk.length < keptBytes) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}
