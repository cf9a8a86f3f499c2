// The findings of a step's check: warnings and blockers.
import { toErrorBody } from '../../../shared/model/error_body.js';
import type { Plan } from '../../../shared/model/plan/plan.js';
import type { Warning, WarningCode } from '../../../shared/model/plan/warning_codes.js';

type Blocker = Plan['blockers'][number];

export interface Findings {
  warn: (code: WarningCode, ...texts: string[]) => void;
  /** Runs a part of the check and makes its error a blocker, so that the plan shows all blockers. */
  collect: (part: () => Promise<void>) => Promise<void>;
}

export interface Found {
  warnings: Warning[];
  /** In the order in which their parts began. */
  blockers: Blocker[];
  /** False when the check itself threw; its error is the last blocker. */
  isWhole: boolean;
}

/** Runs a check to its end. */
export async function find(check: (findings: Findings) => Promise<void>): Promise<Found> {
  const warnings: Warning[] = [];
  const parts: Blocker[][] = [];
  const findings: Findings = {
    warn: (code, ...texts) => void warnings.push(...texts.map((text) => ({ code, text }))),
    async collect(part) {
      const own: Blocker[] = [];
      parts.push(own);
      await part().catch((error: unknown) => own.push(toErrorBody(error)));
    },
  };
  const own = await check(findings).then(
    () => null,
    (error: unknown) => toErrorBody(error),
  );
  return { warnings, blockers: [...parts.flat(), ...(own === null ? [] : [own])], isWhole: own === null };
}
