import { expect, it } from 'vitest';
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import { stepNames } from '../../../../shared/model/step_names.js';

it('has exactly the steps of the specification, in its order', () => {
  expect(pipeline.map(({ name }) => name)).toEqual(stepNames);
});
