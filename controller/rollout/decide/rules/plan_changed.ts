// What nobody has approved does not run.
import type { Rule } from '../rule.js';

export const planChanged: Rule = {
  name: 'plan-changed',
  prepare({ now: { rollout } }) {
    const { approved, id } = rollout;
    if (approved === null) return () => null;
    const known = new Set(approved);
    return ({ plan_class: planClass }) => {
      // Of a tenant without a plan the host finds the class out: it is offered with an approved one.
      if (planClass === null || known.has(planClass)) return null;
      const prefix = planClass.slice(0, 8);
      const text = `its plan ${prefix} is not approved; \`drover rollout approve ${id} --plan ${prefix}\``;
      return { rule: 'plan-changed', text, until: null };
    };
  },
};
