// Metrics, for Prometheus.
import { defineRoute, type Route } from '../route.js';

const readMetrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  role: 'viewer',
  wholeFleet: true,
  summary: 'Metrics of the fleet and of the controller, as Prometheus reads them',
  input: {},
  answers: { 200: { description: 'The metrics', text: 'text/plain' } },
  async handle({ metrics }, _input, { reply }) {
    void reply.type(metrics.contentType);
    return metrics.read();
  },
});

export const metricsRoutes: readonly Route[] = [readMetrics];
