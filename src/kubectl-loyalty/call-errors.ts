import {
  ApiError,
  isForbidden,
  isNotFound,
  isUnavailable,
  UnavailableError,
} from '../adapters/kubernetes/api-error.ts';
import { ExitError, exitCodes } from '../errors.ts';

/** What `notFound` says of a 404, for whoever asks for something that every cluster knows. */
const unexpected = 'The API server does not know what was asked for';

/**
 * What a person can do about a call to the API server that failed, with the exit code that a script can act on.
 * @param notFound what a 404 means.
 */
export function explainCallError(error: unknown, notFound?: string): unknown {
  if (!(error instanceof ApiError || error instanceof UnavailableError)) return error;
  const exit = (code: 75 | 78, message: string): ExitError => new ExitError(code, message, { cause: error });
  if (isNotFound(error)) return exit(exitCodes.configuration, notFound ?? `${unexpected}: ${error.message}`);
  if (error instanceof ApiError && error.code === 401)
    return exit(
      exitCodes.configuration,
      `The API server does not take the credentials of the kubeconfig (${error.message}).`,
    );
  if (isForbidden(error))
    return exit(
      exitCodes.configuration,
      `You lack a permission: ${error.message}. Ask for it, or use another context.`,
    );
  if (isUnavailable(error))
    return exit(exitCodes.temporary, `${error.message}. Try again, or name another cluster with --context.`);
  return exit(exitCodes.configuration, `The API server refuses: ${error.message}`);
}
