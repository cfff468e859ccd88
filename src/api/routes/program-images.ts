import { z } from 'zod';
import {
  listImages,
  putImage,
  readImages,
  removeImage,
  type StoredImage,
} from '../../adapters/postgres/wallet/program-images.ts';
import { programsChanged } from '../../adapters/postgres/wallet/changed-programs.ts';
import { Program } from '../../adapters/postgres/models/program.ts';
import { readPng } from '../../domain/png.ts';
import { imageFile, imageKinds, imageScales, type PassImage, sizeMistake } from '../../domain/wallet/apple/images.ts';
import { uploadLimit } from '../body.ts';
import { operation, type OperationContext } from '../operation.ts';
import { invalidRequest } from '../problems.ts';
import { id, instant } from '../schemas.ts';
import { found } from './not-found.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';

type ImageName = Pick<PassImage, 'kind' | 'scale'>;

const names = new Map<string, ImageName>(
  imageKinds.flatMap((kind) => imageScales.map((scale) => [imageFile({ kind, scale }), { kind, scale }])),
);
const name = z
  .enum([...names.keys()] as [string, ...string[]])
  .meta({ description: 'As in the pass; `@2x` and `@3x` have two and three pixels a point.', example: 'icon@2x.png' });

const params = z.object({ program_id: id, image_name: name });
const path = `${admin}/programs/{program_id}/images/{image_name}`;

const image = z
  .object({
    name,
    width: z.int().meta({ description: 'Pixels.' }),
    height: z.int(),
    bytes: z.int(),
    updated_at: instant,
  })
  .meta({ id: 'ProgramImage' });

function imageAnswer({ kind, scale, width, height, bytes, updatedAt }: StoredImage): z.input<typeof image> {
  return { name: imageFile({ kind, scale }), width, height, bytes, updated_at: updatedAt };
}

/** The schema of the path has let no other name through. */
function imageNamed(file: string): ImageName {
  const named = names.get(file);
  if (named === undefined) throw new Error(`${file} is no image of a pass`);
  return named;
}

async function programKey({ database }: Pick<OperationContext, 'database'>, programId: string) {
  const { merchant_id: merchantId } = found(
    await Program.query(database).findOne({ id: programId }),
    'program',
    programId,
  );
  return { merchantId, programId };
}

export const listProgramImages = operation({
  operationId: 'listProgramImages',
  method: 'GET',
  path: `${admin}/programs/{program_id}/images`,
  tag: 'Loyalty - Admin',
  summary: 'List the images of a program',
  description: 'Those that its Apple passes have. Without an icon a plain one in the background colour is made.',
  scopes: ['admin', 'admin:read'],
  params: z.object({ program_id: id }),
  responses: { 200: { description: 'Its images.', schema: z.object({ items: z.array(image) }) } },
  async handler({ params: { program_id } }, context) {
    const rows = await listImages(context.database, await programKey(context, program_id));
    return { status: 200, body: { items: rows.map(imageAnswer) } };
  },
});

export const readProgramImage = operation({
  operationId: 'getProgramImage',
  method: 'GET',
  path,
  tag: 'Loyalty - Admin',
  summary: 'Read an image of a program',
  description: 'The PNG as it was put.',
  scopes: ['admin', 'admin:read'],
  params,
  responses: { 200: { description: 'The image.', file: 'image/png' } },
  async handler({ params: { program_id, image_name } }, context) {
    const { kind, scale } = imageNamed(image_name);
    const images = await readImages(context.database, await programKey(context, program_id));
    const { png } = found(
      images.find((one) => one.kind === kind && one.scale === scale),
      'image',
      image_name,
    );
    return { status: 200, body: png };
  },
});

export const putProgramImage = operation({
  operationId: 'putProgramImage',
  method: 'PUT',
  path,
  tag: 'Loyalty - Admin',
  summary: 'Put an image of a program',
  description:
    'A PNG of at most 1 MiB, in the place of the one of that name. Points, of which `@2x` has two pixels and `@3x` three: icon square, 29 to 38; ' +
    'logo at most 160 × 50; strip 312 to 375 × 84 to 144. It is read from end to end, checksums included: a wallet shows nothing of a pass with an ' +
    'image that it cannot read. Passes that customers have are updated by the next syncs.',
  scopes: ['admin'],
  params,
  upload: { type: 'image/png', limit: uploadLimit },
  body: z.custom<Buffer>((value) => Buffer.isBuffer(value)),
  responses: { 200: { description: 'The image as it is kept.', schema: image } },
  async handler({ params: { program_id, image_name }, body: png }, context) {
    const named = imageNamed(image_name);
    const size = await readPng(png);
    const mistake = 'mistake' in size ? size.mistake : sizeMistake(named, size);
    if ('mistake' in size || mistake !== undefined) {
      throw invalidRequest([{ pointer: '', detail: mistake ?? 'must be a PNG' }]);
    }
    const key = await programKey(context, program_id);
    const stored = await putImage(context.database, key, { ...named, ...size, png });
    await changed(context, key, { action: 'program.image_put', image_name, ...size });
    return { status: 200, body: imageAnswer(stored) };
  },
});

export const removeProgramImage = operation({
  operationId: 'removeProgramImage',
  method: 'DELETE',
  path,
  tag: 'Loyalty - Admin',
  summary: 'Remove an image of a program',
  description: 'Passes that customers have are updated by the next syncs.',
  scopes: ['admin'],
  params,
  responses: { 204: { description: 'It is gone.' } },
  async handler({ params: { program_id, image_name } }, context) {
    const key = await programKey(context, program_id);
    const removed = await removeImage(context.database, key, imageNamed(image_name));
    found(removed || undefined, 'image', image_name);
    await changed(context, key, { action: 'program.image_removed', image_name });
    return { status: 204 };
  },
});

async function changed(
  context: OperationContext,
  { merchantId, programId }: { merchantId: string; programId: string },
  { action, ...details }: { action: 'program.image_put' | 'program.image_removed'; image_name: string },
): Promise<void> {
  await programsChanged(context.database, merchantId, programId);
  await recordAudit(context, { action, merchantId, subjectId: programId, details });
}
