// What another party can make large, and how large it may get: limits of what agent and controller exchange. The agent
// and the controller have a file of the same name for their own.

/** One row of the guide's table of limits. */
export interface Limit {
  readonly max: number;
  readonly unit: 'bytes' | 'characters' | 'items' | 'ms' | 'levels';
  /** What is limited, in an operator's words. */
  readonly of: string;
  /** What happens to what is over the limit. */
  readonly beyond: string;
}

/** Limits of the frames and requests that agent and controller exchange. */
export const sharedLimits = {
  frame: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'a frame between agent and controller',
    beyond: 'the connection is closed',
  },
  problems: {
    max: 20,
    unit: 'items',
    of: 'mistakes that one error names',
    beyond: 'the error says how many more there are',
  },
  shownValue: {
    max: 200,
    unit: 'characters',
    of: 'a wrong value in an error',
    beyond: 'the error shows its beginning',
  },
  configFile: {
    max: 1024 ** 2,
    unit: 'bytes',
    of: 'a configuration file, or a file of signers, of known hosts or of CAs',
    beyond: 'the file is refused',
  },
  secretFile: {
    max: 64 * 1024,
    unit: 'bytes',
    of: 'a file with a secret, or with environment variables',
    beyond: 'the file is refused',
  },
} as const satisfies Record<string, Limit>;
