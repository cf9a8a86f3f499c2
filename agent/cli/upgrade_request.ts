// The request for an upgrade or its plan, made of the words of a command.
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { Plan } from '../../shared/model/plan.js';
import type { LocalConnection } from '../local/connect_agent.js';
import type { AgentContext } from './agent_command.js';
import { flag, optionalTag, tenant } from '../../shared/terminal/inputs.js';

export const requestOptions = {
  '--force': 'apply the version again that is there already, with its hooks',
  '--allow-downgrade': 'accept a lower version; no hooks and no migrations run then',
  '--from <tag>': 'say which version is there, where it cannot be told',
  '--commit <sha>': 'refuse if the tag resolves to another commit',
};

export const upgradeWords = {
  tenant,
  version: optionalTag,
  force: flag,
  allowDowngrade: flag,
  from: optionalTag,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/, { error: '--commit wants a whole commit id: 40 hexadecimal digits or more' })
    .optional()
    .transform((given) => given ?? null),
};

type UpgradeWords = z.infer<z.ZodObject<typeof upgradeWords>>;

export function makeRequest({ version, force, allowDowngrade, from, commit }: UpgradeWords): UpgradeRequest {
  return { version, force, allow_downgrade: allowDowngrade, from, commit };
}

/** The plan that the agent makes. Throws AppError where it can't even begin to make one. */
export async function requestPlan(
  context: AgentContext,
  connection: LocalConnection,
  words: UpgradeWords,
): Promise<Plan> {
  const { screen, makeId } = context;
  screen.showPending(`  … checking ${words.tenant}`);
  const answer = await connection
    .request({ type: 'plan', request_id: makeId(), tenant: words.tenant, request: makeRequest(words) })
    .finally(() => screen.showPending(null));
  if (answer.type === 'plan_result' && answer.plan !== null) return answer.plan;
  throw new AppError('internal', 'the agent answered without a plan');
}
