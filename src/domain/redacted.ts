import { inspect } from 'node:util';

/**
 * A value that must never be printed: it shows as `[redacted]` in logs, JSON, templates and inspections.
 * Key material travels in this type, so that a log line which includes it by mistake still says nothing.
 */
export class Redacted<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Each call site is a place where key material is used on purpose. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
