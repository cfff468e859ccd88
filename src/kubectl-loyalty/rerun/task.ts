import { type Command, settings } from '../../config.ts';

/** A command that works on merchants and ends. */
export type Task = { [C in Command]: 'MERCHANT_IDS' extends keyof (typeof settings)[C] ? C : never }[Command];

export const tasks: readonly Task[] = Object.keys(settings).filter(isTask);

export function isTask(name: string): name is Task {
  return Object.hasOwn(settings, name) && 'MERCHANT_IDS' in settings[name as Command];
}
