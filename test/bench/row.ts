// What a row of the bench is: a figure, measured against a bare control in the same run, and what it must hold to.
import type { Measured } from './measure.js';

export interface BenchOptions {
  /** The real waiting times, where a row scales them down to be quick. */
  full: boolean;
}

export interface Row {
  /** What it is called on the command line. */
  name: string;
  what: string;
  unit: 's' | 'ms' | 'MB' | 'KB';
  /** Of the ratio to the control, or of the figure itself. */
  bound: 'ratio' | 'figure';
  /** What must not be exceeded, and what is wished for. */
  limit: number;
  target: number;
  /** Null where this machine lacks what it takes; `remark` then says what. */
  measure(options: BenchOptions): Promise<{ measured: Measured | null; remark: string }>;
}
