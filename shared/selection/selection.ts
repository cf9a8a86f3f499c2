// A selection: an expression over slugs, hosts, versions and labels that names tenants, such as
// `ring=canary & version<v0.4.0 | slug~acme-*`.

export const operators = ['!=', '!~', '<=', '>=', '=', '~', '<', '>'] as const;
export type Operator = (typeof operators)[number];

/** What a term may compare besides labels. `state` and `drift` (`yes` or `no`) are as the host last reported them. */
export const fields = ['slug', 'host', 'version', 'state', 'drift'] as const;
export type Field = (typeof fields)[number];

/** One comparison. `~` and `!~` compare with a pattern, in which `*` is any text and `?` any character. */
export interface Term {
  kind: 'term';
  /** A field, or null for a label. */
  field: Field | null;
  /** The name of the field or of the label. */
  name: string;
  operator: Operator;
  value: string;
}

export type Selection =
  | Term
  | { kind: 'and'; of: readonly Selection[] }
  | { kind: 'or'; of: readonly Selection[] }
  | { kind: 'not'; of: Selection };

/** Every term of it. */
export function listTerms(selection: Selection): Term[] {
  if (selection.kind === 'term') return [selection];
  return selection.kind === 'not' ? listTerms(selection.of) : selection.of.flatMap(listTerms);
}
