// Describes in words what a schema allows at a path, and which keys it knows there.
import { z } from 'zod';
import type { KeyPath } from './config_source.js';

type Shape = z.core.JSONSchema.BaseSchema;

export interface SchemaWords {
  /** `none, or a mapping with sqlite`. */
  allowedAt(path: KeyPath): string;
  knownKeysAt(path: KeyPath): string[];
  /** The defaults of the keys of a mapping at the path, which has these keys already. */
  defaultsAt: (path: KeyPath, keys: readonly string[]) => Record<string, unknown>;
  /** Whether one mapping that the schema allows at the path may have all of these keys. */
  isOneMapping: (path: KeyPath, keys: readonly string[]) => boolean;
}

/** A description of the schema. A path with alternatives means all of them. */
export function describeSchema(schema: z.ZodType): SchemaWords {
  const root: Shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return {
    allowedAt: (path) => [...new Set(shapesAt(root, path).map(describeShape))].join(', or '),
    knownKeysAt: (path) => shapesAt(root, path).flatMap((shape) => Object.keys(shape.properties ?? {})),
    defaultsAt: (path, keys) => {
      const shape = shapesAt(root, path).find(
        (each) => each.type === 'object' && keys.every((key) => isKeyOf(each, key)),
      );
      const properties = Object.entries(shape?.properties ?? {});
      return Object.fromEntries(
        properties.flatMap(([key, inner]) =>
          isShape(inner) && inner.default !== undefined ? [[key, inner.default]] : [],
        ),
      );
    },
    isOneMapping: (path, keys) =>
      shapesAt(root, path).some((shape) => shape.type === 'object' && keys.every((key) => isKeyOf(shape, key))),
  };
}

function shapesAt(root: Shape, path: KeyPath): Shape[] {
  let shapes = alternativesOf(root);
  for (const key of path) shapes = shapes.flatMap((shape) => childrenOf(shape, key)).flatMap(alternativesOf);
  return shapes;
}

function alternativesOf(shape: Shape): Shape[] {
  if (shape.anyOf === undefined) return [shape];
  // A nullable key is optional, so the description does not name null.
  return shape.anyOf
    .filter(isShape)
    .filter(({ type }) => type !== 'null')
    .flatMap(alternativesOf);
}

function childrenOf(shape: Shape, key: PropertyKey): Shape[] {
  const named = shape.properties?.[String(key)];
  if (named !== undefined) return [named].filter(isShape);
  const listed = typeof key === 'number' ? (shape.prefixItems?.[key] ?? shape.items) : shape.additionalProperties;
  return [listed].flat().filter(isShape);
}

/** A shape with keys of any name says of what kind their values are. */
function isKeyOf({ properties = {}, additionalProperties }: Shape, key: string): boolean {
  return Object.hasOwn(properties, key) || isShape(additionalProperties);
}

function isShape(shape: Shape | boolean | undefined): shape is Shape {
  return typeof shape === 'object';
}

const words: Readonly<Record<string, string>> = {
  array: 'a list',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function describeShape(shape: Shape): string {
  if (shape.description !== undefined) return shape.description;
  if (shape.const !== undefined) return String(shape.const);
  if (shape.enum !== undefined) return shape.enum.map(String).join(' or ');
  if (shape.type === 'object') {
    const required = shape.required ?? [];
    return required.length === 0 ? 'a mapping' : `a mapping with ${required.join(' and ')}`;
  }
  if (shape.type === 'string') return typeof shape.default === 'string' ? `text such as ${shape.default}` : 'text';
  return words[String(shape.type)] ?? 'something else';
}
