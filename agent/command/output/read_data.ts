// Reads the output of an ended command that is data for the agent and not part of the stream.
import { open, stat } from 'node:fs/promises';
import { AppError } from '../../../shared/errors.js';
import { agentLimits } from '../../limits.js';

/** The whole output, raw. Throws AppError `output-limit` for a larger one than the agent takes. */
export async function readData(outputPath: string): Promise<string> {
  const { max } = agentLimits.commandData;
  const handle = await open(outputPath, 'r');
  try {
    const { size } = await handle.stat();
    if (size <= max) return await handle.readFile('utf8');
    throw new AppError('output-limit', `a command printed ${size} bytes where the agent takes ${max}: ${outputPath}`, {
      hint: 'Its first lines show what it lists too much of.',
    });
  } finally {
    await handle.close();
  }
}

/** True where the command printed nothing. */
export async function isEmptyOutput(outputPath: string): Promise<boolean> {
  return (await stat(outputPath)).size === 0;
}
