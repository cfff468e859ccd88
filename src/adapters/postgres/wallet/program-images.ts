import type { Knex } from 'knex';
import type { PassImage } from '../../../domain/wallet/apple/images.ts';
import { execute, type Statement } from '../statement.ts';
import type { ProgramKey } from './program-content.ts';

type ImageName = Pick<PassImage, 'kind' | 'scale'>;

/** An image of a program without its bytes. */
export interface StoredImage extends ImageName {
  /** Pixels. */
  width: number;
  height: number;
  /** Of the file. */
  bytes: number;
  updatedAt: Date;
}

const columns = 'kind, scale, width, height, length(png) AS bytes, updated_at AS "updatedAt"';

const put: Statement = {
  name: 'wallet_image_put',
  text: `INSERT INTO program_images (merchant_id, program_id, kind, scale, png, width, height)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (merchant_id, program_id, kind, scale) DO UPDATE
    SET png = excluded.png, width = excluded.width, height = excluded.height, updated_at = excluded.updated_at
    RETURNING ${columns}`,
};

/** Puts an image in the place of the one of its kind and scale, if there is one. */
export async function putImage(
  database: Knex,
  { merchantId, programId }: ProgramKey,
  { kind, scale, png, width, height }: PassImage & { width: number; height: number },
): Promise<StoredImage> {
  const values = [merchantId, programId, kind, scale, png, width, height];
  const [row] = await execute<StoredImage>(database, put, values);
  if (row === undefined) throw new Error('wallet_image_put answered no image');
  return row;
}

const remove: Statement = {
  name: 'wallet_image_remove',
  text: 'DELETE FROM program_images WHERE merchant_id = $1 AND program_id = $2 AND kind = $3 AND scale = $4 RETURNING kind',
};

/** @returns whether there was one */
export async function removeImage(
  database: Knex,
  { merchantId, programId }: ProgramKey,
  { kind, scale }: ImageName,
): Promise<boolean> {
  return (await execute(database, remove, [merchantId, programId, kind, scale])).length > 0;
}

const list: Statement = {
  name: 'wallet_image_list',
  text: `SELECT ${columns} FROM program_images WHERE merchant_id = $1 AND program_id = $2 ORDER BY kind, scale`,
};

export async function listImages(database: Knex, { merchantId, programId }: ProgramKey): Promise<StoredImage[]> {
  return execute<StoredImage>(database, list, [merchantId, programId]);
}

const read: Statement = {
  name: 'wallet_image_read',
  text: 'SELECT kind, scale, png FROM program_images WHERE merchant_id = $1 AND program_id = $2 ORDER BY kind, scale',
};

/** The images with their bytes. */
export async function readImages(database: Knex, { merchantId, programId }: ProgramKey): Promise<PassImage[]> {
  return execute<PassImage>(database, read, [merchantId, programId]);
}
