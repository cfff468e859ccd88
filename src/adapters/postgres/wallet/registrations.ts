import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { Pass } from './passes.ts';

/** A device as it is registered for a pass type. */
export interface Device {
  /** The device library identifier that the phone has chosen. */
  id: string;
  passType: string;
}

const now = "date_trunc('milliseconds', clock_timestamp())";

const putDevice: Statement = {
  name: 'wallet_device_put',
  text: `
    WITH before AS (SELECT push_token FROM devices WHERE id = $1 AND pass_type = $2 FOR UPDATE)
    INSERT INTO devices (id, pass_type, push_token) VALUES ($1, $2, $3)
    ON CONFLICT (id, pass_type) DO UPDATE SET push_token = excluded.push_token, updated_at = ${now}
    RETURNING (SELECT push_token FROM before) IS DISTINCT FROM push_token AS renewed`,
};

// The device is locked by the statement before: what this one sees of the registration does not change meanwhile.
const putRegistration: Statement = {
  name: 'wallet_registration_put',
  text: `
    WITH before AS (
      SELECT gone_at FROM registrations WHERE merchant_id = $1 AND card_id = $2 AND device_id = $3 AND pass_type = $4
    )
    INSERT INTO registrations (merchant_id, card_id, device_id, pass_type) VALUES ($1, $2, $3, $4)
    ON CONFLICT (merchant_id, card_id, device_id, pass_type) DO UPDATE
    SET registered_at = ${now}, gone_at = NULL,
      pushed_version = CASE WHEN registrations.gone_at IS NULL THEN registrations.pushed_version END
    RETURNING EXISTS (SELECT FROM before WHERE gone_at IS NULL) AS known`,
};

// What APNs took or said of the earlier token no longer counts. What is gone stays so until the phone registers it anew.
const renew: Statement = {
  name: 'wallet_registrations_renew',
  text: `UPDATE registrations SET registered_at = ${now}, pushed_version = NULL
    WHERE device_id = $1 AND pass_type = $2 AND gone_at IS NULL`,
};

// The phone may have got the pass before its latest change, so it is to be pushed once; what has failed before was another registration.
const markUnpushed: Statement = {
  name: 'wallet_registrations_mark',
  text: `UPDATE passes SET saved = true, attempts = 0, next_attempt_at = NULL,
      stale_since = least(coalesce(stale_since, ${now}), ${now})
    FROM registrations
    WHERE registrations.device_id = $1 AND registrations.pass_type = $2 AND registrations.gone_at IS NULL
      AND registrations.pushed_version IS NULL
      AND passes.merchant_id = registrations.merchant_id AND passes.card_id = registrations.card_id
      AND passes.platform = 'apple'`,
};

/**
 * Registers a device for a pass; another push token replaces that of the device, for all of its passes. Needs a transaction.
 * @returns whether the registration is new
 */
export async function register(
  database: Knex,
  { id, passType }: Device,
  { merchantId, cardId }: Pass,
  pushToken: string,
): Promise<boolean> {
  const [device] = await execute<{ renewed: boolean }>(database, putDevice, [id, passType, pushToken]);
  const [registration] = await execute<{ known: boolean }>(database, putRegistration, [
    merchantId,
    cardId,
    id,
    passType,
  ]);
  if (device?.renewed === true) await execute(database, renew, [id, passType]);
  await execute(database, markUnpushed, [id, passType]);
  return registration?.known !== true;
}

const lockDevice: Statement = {
  name: 'wallet_device_lock',
  text: 'SELECT id FROM devices WHERE id = $1 AND pass_type = $2 FOR UPDATE',
};

const removeRegistration: Statement = {
  name: 'wallet_registration_remove',
  text: 'DELETE FROM registrations WHERE merchant_id = $1 AND card_id = $2 AND device_id = $3 AND pass_type = $4',
};

// Who has no registration left has nothing that could be stale.
const markUnsaved: Statement = {
  name: 'wallet_pass_unsaved',
  text: `UPDATE passes SET saved = false, stale_since = NULL
    WHERE merchant_id = $1 AND card_id = $2 AND platform = 'apple' AND NOT EXISTS (
      SELECT FROM registrations WHERE merchant_id = $1 AND card_id = $2 AND gone_at IS NULL
    )`,
};

const removeDevice: Statement = {
  name: 'wallet_device_remove',
  text: `DELETE FROM devices WHERE id = $1 AND pass_type = $2
    AND NOT EXISTS (SELECT FROM registrations WHERE device_id = $1 AND pass_type = $2)`,
};

/** Ends the registration of a device for a pass, if there is one. Needs a transaction. */
export async function unregister(
  database: Knex,
  { id, passType }: Device,
  { merchantId, cardId }: Pick<Pass, 'merchantId' | 'cardId'>,
): Promise<void> {
  await execute(database, lockDevice, [id, passType]);
  await execute(database, removeRegistration, [merchantId, cardId, id, passType]);
  await execute(database, markUnsaved, [merchantId, cardId]);
  await execute(database, removeDevice, [id, passType]);
}
