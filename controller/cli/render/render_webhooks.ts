// Webhooks and their deliveries as tables.
import { showTime } from '../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../shared/terminal/screen/screen.js';
import { webhookEventKinds } from '../../../shared/model/webhook_events.js';
import type { WebhookDeliveryView, WebhookView } from '../../../shared/wire/webhooks_api.js';

type Look = Pick<Screen, 'style' | 'width'>;

/** Several lines, without the end of the last one. */
export function renderWebhooks(webhooks: readonly WebhookView[], { style, width }: Look): string {
  if (webhooks.length === 0) return 'There is no webhook. `drover webhooks create NAME URL` makes one.';
  const rows = webhooks.map(({ name, url, events, scope, waiting, failed }) => [
    style.bold(showSafely(name)),
    String(waiting),
    failed === 0 ? '0' : style.red(String(failed)),
    events.length === webhookEventKinds.length ? 'all' : events.join(','),
    scope === null ? 'all' : showSafely(scope),
    showSafely(url),
  ]);
  const notes = webhooks.flatMap(({ name, problem, old_secret_until: until }) => [
    ...(problem === null ? [] : ['', `${style.bold(showSafely(name))}: ${showSafely(problem)}`]),
    ...(until === null
      ? []
      : ['', `${style.bold(showSafely(name))}: the secret before this one signs too until ${showTime(until)}`]),
  ]);
  return [...alignColumns([['NAME', 'WAITING', 'FAILED', 'EVENTS', 'SCOPE', 'URL'], ...rows], width), ...notes].join(
    '\n',
  );
}

/** The same of deliveries; there is at least one. */
export function renderDeliveries(deliveries: readonly WebhookDeliveryView[], { style, width }: Look): string {
  const rows = deliveries.map((delivery) => [
    String(delivery.sequence),
    showTime(delivery.at),
    showSafely(delivery.kind),
    showSafely(delivery.tenant ?? delivery.host ?? '-'),
    delivery.state === 'failed' ? style.red(delivery.state) : delivery.state,
    String(delivery.attempts),
    explain(delivery),
  ]);
  return alignColumns([['NO', 'AT', 'EVENT', 'ABOUT', 'STATE', 'ATTEMPTS', 'LAST'], ...rows], width).join('\n');
}

function explain({ error, status, state, next_at: nextAt }: WebhookDeliveryView): string {
  const last = error === null ? (status === null ? '-' : `HTTP ${status}`) : showSafely(error);
  return state === 'waiting' && error !== null && nextAt !== null ? `${last}; again at ${showTime(nextAt)}` : last;
}
