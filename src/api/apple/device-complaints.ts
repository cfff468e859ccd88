import { Counter } from 'prom-client';
import { complaintClasses, complaintClassOf, loggable } from '../../domain/wallet/apple/complaint.ts';
import { type Log, logEvents } from '../../log.ts';
import { requestMetrics } from '../../metrics.ts';

/** What phones write to /v1/log: counted all, logged in part. */
export interface DeviceComplaints {
  readonly counter: Counter;
  record(messages: readonly string[], log: Log): void;
}

/** Lines a minute that are logged: anyone can write, and the counts are complete. */
const loggedAMinute = 60;
const minute = 60_000;

export function createDeviceComplaints(now: () => number = () => performance.now()): DeviceComplaints {
  const name = 'loyalty_apple_device_complaints_total';
  const { help, labels } = requestMetrics[name];
  const counter = new Counter({ name, help, labelNames: [...labels], registers: [] });
  // So that an alert sees the first one as an increase.
  for (const type of complaintClasses) counter.inc({ class: type }, 0);
  let window = { begun: now(), lines: 0 };
  return {
    counter,
    record(messages, log) {
      if (now() - window.begun >= minute) window = { begun: now(), lines: 0 };
      for (const message of messages) {
        const complaint = complaintClassOf(message);
        counter.inc({ class: complaint });
        window.lines += 1;
        if (window.lines > loggedAMinute) continue;
        log.warn({ event: logEvents.appleDeviceComplained, class: complaint, device_message: loggable(message) });
      }
    },
  };
}
