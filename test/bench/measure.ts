// Measures a figure against its control: pairs of runs, taken in turns so that a busy machine is busy for both.

export interface Measured {
  figure: number;
  control: number;
  /** The median of the pairs' ratios. */
  ratio: number;
}

export interface Pairs {
  pairs: number;
  /** One run each; `round` counts from 0. Resolves with the figure in the row's unit. */
  figure: (round: number) => Promise<number>;
  control: (round: number) => Promise<number>;
}

/** The medians of several pairs; which one goes first alternates. */
export async function measurePairs({ pairs, figure, control }: Pairs): Promise<Measured> {
  const taken: { figure: number; control: number }[] = [];
  for (let round = 0; round < pairs; round += 1) {
    if (round % 2 === 0) {
      taken.push({ figure: await figure(round), control: await control(round) });
    } else {
      const first = await control(round);
      taken.push({ control: first, figure: await figure(round) });
    }
  }
  return {
    figure: median(taken.map((pair) => pair.figure)),
    control: median(taken.map((pair) => pair.control)),
    ratio: median(taken.map((pair) => pair.figure / pair.control)),
  };
}

/** How long it took, in seconds. */
export async function timeSeconds(work: () => Promise<unknown>): Promise<number> {
  const sinceMs = performance.now();
  await work();
  return (performance.now() - sinceMs) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
}
