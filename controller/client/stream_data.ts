// The data of a stream's events, held against the API's schemas.
import type { z } from 'zod';
import { upgradeSchema, type Upgrade } from '../../shared/wire/api.js';
import { streamItemSchema, type StreamItem } from '../../shared/model/journal/stream_item.js';
import { rolloutSchema, type Rollout } from '../../shared/wire/rollouts_api.js';
import { strangeAnswer } from './explain_unreachable.js';
import { parseJson } from '../../shared/json.js';

/** Throws AppError `protocol` for data of another form. */
export function toItem(url: string, text: string): StreamItem {
  return parseData(streamItemSchema, url, text);
}

/** Throws as `toItem` does. */
export function toEnd(url: string, text: string): Upgrade {
  return parseData(upgradeSchema, url, text);
}

/** Throws as `toItem` does. */
export function toRollout(url: string, text: string): Rollout {
  return parseData(rolloutSchema, url, text);
}

function parseData<T>(schema: z.ZodType<T>, url: string, text: string): T {
  const value = parseJson(text);
  if (value === undefined) throw strangeAnswer(url, 'an event of the stream is no JSON');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw strangeAnswer(url, 'an event of the stream has another form');
}
