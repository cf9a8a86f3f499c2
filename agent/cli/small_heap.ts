// Keeps the heap small; imported before all else. An agent idles for weeks with some 15 MB in use: V8's habit of doubling
// its nursery while modules load and plans are made costs 50 MB for good, and gains nothing here.
import v8 from 'node:v8';

v8.setFlagsFromString('--semi-space-growth-factor=1');
