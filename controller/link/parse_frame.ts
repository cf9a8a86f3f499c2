// Reads the frames of agents: what is none is said in words that fit into a close.
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import { agentFrameSchema, agreeVersion, type AgentFrame } from '../../shared/wire/protocol.js';

const greeting = z.looseObject({ type: z.enum(['hello', 'enroll', 'rotate']), version: z.number() });

/** The version of a first frame that this controller does not speak: it may look any way. */
export function findForeignVersion(text: string): number | null {
  const { data } = greeting.safeParse(parseJson(text));
  return data === undefined || agreeVersion(data.version) !== null ? null : data.version;
}

/** The frame. Throws AppError `protocol` for what is none, in few words: they fit into a close. */
export function parseFrame(text: string): AgentFrame {
  let parsed: ReturnType<typeof agentFrameSchema.safeParse>;
  try {
    parsed = agentFrameSchema.safeParse(JSON.parse(text));
  } catch {
    // Not JSON, or nested so deep that the parser overflows the stack.
    throw new AppError('protocol', 'not a frame: invalid JSON');
  }
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { path, message } = issue === undefined ? { path: [], message: '' } : findInnermost(issue);
  // A key may be as long as the frame.
  const place = path.map((key) => String(key).slice(0, 40)).join('.');
  throw new AppError('protocol', `not a frame: ${place.slice(0, 80)} ${message.slice(0, 200)}`);
}

type Issue = z.core.$ZodIssue;

/** Of a value that is none of several kinds: what is wrong with it as the kind that it resembles most. */
function findInnermost(issue: Issue, before: readonly PropertyKey[] = []): Pick<Issue, 'path' | 'message'> {
  const path = [...before, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.flatMap(([first]) => first ?? []) : [];
  const [closest] = inner.toSorted((left, right) => right.path.length - left.path.length);
  return closest === undefined ? { path, message: issue.message } : findInnermost(closest, path);
}
