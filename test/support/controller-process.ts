import { type ServingProcess, startServingProcess } from './serving-process.ts';

export interface ControllerProcess extends ServingProcess {
  /** The port of /metrics, from the log. */
  port(): Promise<number>;
  get(path: string): Promise<{ status: number; body: string }>;
}

/** Runs `bin/loyalty controller` as users do, with an environment of its own. */
export function startControllerProcess(environment: Record<string, string>): ControllerProcess {
  const controller = startServingProcess({
    command: 'controller',
    environment,
    name: 'the controller',
    deadlineSeconds: 20,
  });
  const port = async (): Promise<number> => Number((await controller.whenLogged('controller.started'))['port']);
  return {
    ...controller,
    port,
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${await port()}${path}`);
      return { status: response.status, body: await response.text() };
    },
  };
}
