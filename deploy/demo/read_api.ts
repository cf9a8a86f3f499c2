// Reads the controller's API, for what the demo waits for and checks.
import type { z } from 'zod';
import type { DemoController } from './app/make_controller.js';

/** The answer to a GET of `/api/v1/PATH`; null for any other answer than a success, and where the connection fails. */
export async function readApi<Schema extends z.ZodType>(
  controller: DemoController,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | null> {
  const answer = await readJson(`${controller.url}/api/v1/${path}`, await controller.readToken());
  return answer === null ? null : schema.parse(answer);
}

/** The same for any URL of the controller. */
export async function readJson(url: string, token = ''): Promise<unknown> {
  try {
    const response = await fetch(url, { headers: { connection: 'close', authorization: `Bearer ${token}` } });
    const answer: unknown = await response.json();
    return response.ok ? answer : null;
  } catch {
    return null;
  }
}
