import { z } from 'zod';
import { readChangedPasses, recordFetch } from '../../adapters/postgres/wallet/changed-passes.ts';
import { findPassByObject, type Pass } from '../../adapters/postgres/wallet/passes.ts';
import { register, unregister } from '../../adapters/postgres/wallet/registrations.ts';
import { pkpassType } from '../../domain/wallet/apple/pkpass.ts';
import type { AppleWallet } from '../apple/apple-wallet.ts';
import type { DeviceComplaints } from '../apple/device-complaints.ts';
import { httpDate, isUnmodified } from '../apple/http-date.ts';
import { bodyLimit } from '../body.ts';
import { anyone, passHolder, refusedToken } from '../apple/pass-holder.ts';
import { operation, type Operation, type OperationContext } from '../operation.ts';
import { text } from '../schemas.ts';

/*
 * The PassKit Web Service, https://developer.apple.com/documentation/walletpasses/adding-a-web-service-to-update-passes. Paths, names and
 * answers are Apple's.
 */

const device = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,255}$/, 'must be a device library identifier')
  .meta({ description: 'The device library identifier.', example: 'bf0a3ac1a1b3a1bfd4e6a5a2d1c6f0e7' });
const passType = z
  .string()
  .regex(/^pass\.[A-Za-z0-9.-]{1,250}$/, 'must be a pass type identifier')
  .meta({ description: 'The pass type identifier.', example: 'pass.com.example.loyalty' });
const serial = text(255).meta({ description: 'The serial number.', example: '01943f6e-7c00-7abc-8def-0123456789ab' });
const tag = 'Apple Wallet';
const common = { tag, scopes: [] } as const;
const registrationPath = '/v1/devices/{device}/registrations/{pass_type}/{serial}';
const registration = z.object({ device, pass_type: passType, serial });

/** @throws Problem 401 when there is no such pass, though its token was right. */
async function passOf({ database }: Pick<OperationContext, 'database'>, serialNumber: string): Promise<Pass> {
  const pass = await findPassByObject(database, 'apple', serialNumber);
  if (pass === undefined) throw refusedToken();
  return pass;
}

function registerOperation(apple: AppleWallet | undefined): Operation {
  return operation({
    ...common,
    operationId: 'registerDevice',
    method: 'POST',
    path: registrationPath,
    authentication: passHolder(apple),
    summary: 'Register a device for a pass',
    description:
      'Its changes are pushed to the device from then on. Another push token replaces the one of the device.',
    params: registration,
    body: z.strictObject({ pushToken: text(255).meta({ example: '7c7a0d4f8a' }) }).meta({ id: 'DeviceRegistration' }),
    responses: {
      200: { description: 'The device was registered for the pass before.' },
      201: { description: 'The device is registered for the pass.' },
    },
    async handler({ params, body: { pushToken } }, context) {
      const pass = await passOf(context, params.serial);
      const isNew = await register(
        context.database,
        { id: params.device, passType: params.pass_type },
        pass,
        pushToken,
      );
      return { status: isNew ? 201 : 200 };
    },
  });
}

function unregisterOperation(apple: AppleWallet | undefined): Operation {
  return operation({
    ...common,
    operationId: 'unregisterDevice',
    method: 'DELETE',
    path: registrationPath,
    authentication: passHolder(apple),
    summary: 'Unregister a device from a pass',
    description: 'The customer has removed the pass from the device. So is answered, too, when it was not registered.',
    params: registration,
    responses: { 200: { description: 'The device is not registered for the pass.' } },
    async handler({ params }, context) {
      const pass = await passOf(context, params.serial);
      await unregister(context.database, { id: params.device, passType: params.pass_type }, pass);
      return { status: 200 };
    },
  });
}

const listPasses = operation({
  ...common,
  operationId: 'listChangedPasses',
  method: 'GET',
  path: '/v1/devices/{device}/registrations/{pass_type}',
  authentication: anyone,
  summary: 'List the changed passes of a device',
  description:
    'The serial numbers of the passes for which the device is registered and that have changed since it asked with the tag; without one, or with ' +
    'one that is not known, all of them.',
  params: z.object({ device, pass_type: passType }),
  query: z.object({
    passesUpdatedSince: z.string().optional().meta({ description: '`lastUpdated` of the answer before.' }),
  }),
  responses: {
    200: {
      description: 'What has changed.',
      schema: z
        .object({
          lastUpdated: z.string().meta({ description: 'The tag for the next time.' }),
          serialNumbers: z.array(z.string()),
        })
        .meta({ id: 'ChangedPasses' }),
    },
    204: { description: 'Nothing has changed, or the device is not registered for any pass.' },
  },
  async handler({ params, query: { passesUpdatedSince: since } }, { database }) {
    const changed = await readChangedPasses(database, { id: params.device, passType: params.pass_type }, since);
    const { tag: lastUpdated, serialNumbers } = changed;
    return serialNumbers.length === 0 ? { status: 204 } : { status: 200, body: { lastUpdated, serialNumbers } };
  },
});

function fetchOperation(apple: AppleWallet | undefined): Operation {
  const modified = z.object({ 'Last-Modified': z.string().meta({ description: 'Another one for each version.' }) });
  return operation({
    ...common,
    operationId: 'fetchPass',
    method: 'GET',
    path: '/v1/passes/{pass_type}/{serial}',
    authentication: passHolder(apple),
    writes: true,
    requestHeaders: z.object({
      'If-Modified-Since': z.string().optional().meta({ description: '`Last-Modified` of the answer before.' }),
    }),
    summary: 'Fetch a pass',
    description:
      'As it is now. `If-Modified-Since` with the `Last-Modified` of an earlier answer is answered 304 while nothing changed.',
    params: z.object({ pass_type: passType, serial }),
    responses: {
      200: { description: 'The pass.', file: pkpassType, headers: modified },
      304: { description: 'The device has it as it is.', headers: modified },
    },
    async handler({ params }, context) {
      const pass = await passOf(context, params.serial);
      const headers = { 'Last-Modified': httpDate(pass.modifiedAt) };
      if (isUnmodified(pass.modifiedAt, String(context.headers['if-modified-since'] ?? ''))) {
        await recordFetch(context.database, pass, pass.wantedVersion);
        return { status: 304, headers };
      }
      // Read after the date: content that is newer than it says is fetched once more, and none is missed.
      const made = await apple?.make(context.database, pass, context.now);
      if (made === undefined) throw refusedToken();
      await recordFetch(context.database, pass, made.version);
      return { status: 200, headers, body: made.pkpass };
    },
  });
}

function logOperation(complaints: DeviceComplaints | undefined): Operation {
  return operation({
    ...common,
    operationId: 'logMessages',
    method: 'POST',
    path: '/v1/log',
    authentication: anyone,
    summary: 'Log what a device complains of',
    description: 'Counted by class in the metric `loyalty_apple_device_complaints_total`, and logged in part.',
    body: z.strictObject({ logs: z.array(text(bodyLimit)) }).meta({ id: 'DeviceLog' }),
    responses: { 200: { description: 'It was taken.' } },
    handler({ body: { logs } }, { log }) {
      complaints?.record(logs, log);
      return { status: 200 };
    },
  });
}

/** What iPhones call. Without Apple Wallet no token is valid and no device registered. */
export function appleWebService(apple: AppleWallet | undefined, complaints: DeviceComplaints | undefined): Operation[] {
  return [
    registerOperation(apple),
    unregisterOperation(apple),
    listPasses,
    fetchOperation(apple),
    logOperation(complaints),
  ];
}
