import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { JsonObject } from './kubernetes-object.ts';
import { timestamp } from './kubernetes-object.ts';
import { messages } from './protobuf-messages.ts';
import type { FieldType, Message } from './protobuf-messages.ts';

/** The first bytes of everything that Kubernetes writes as protobuf. */
const magic = Buffer.from('k8s\0');

// runtime.Unknown: apiVersion and kind, and the object as bytes.
const envelope: Message = {
  1: ['typeMeta', { message: { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] } }],
  2: ['raw', 'bytes'],
};

/**
 * Reads an object in Kubernetes protobuf as the JSON that it stands for. kubectl writes built-in kinds this way.
 * @throws Error when it is not that, or is a kind whose field numbers are not in protobuf-messages.ts.
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, magic.length).equals(magic))
    throw new Error('the body does not begin with k8s and a zero byte');
  const { typeMeta, raw } = readMessage(body.subarray(magic.length), envelope);
  const { apiVersion, kind } = typeMeta as { apiVersion: string; kind: string };
  const message = Object.hasOwn(messages, kind) ? messages[kind] : undefined;
  if (message === undefined)
    throw new Error(`protobuf is not read for ${kind}, only for ${Object.keys(messages).join(', ')}`);
  return { apiVersion, kind, ...readMessage(Buffer.from(raw as string, 'base64'), message) };
}

function readMessage(bytes: Uint8Array, message: Message): JsonObject {
  const reader = new BinaryReader(bytes);
  const object: JsonObject = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message[number];
    if (field === undefined) reader.skip(wireType);
    else readField(reader, object, ...field);
  }
  return object;
}

function readField(reader: BinaryReader, object: JsonObject, name: string, type: FieldType): void {
  if (typeof type === 'object' && 'list' in type) {
    object[name] = [...((object[name] ?? []) as unknown[]), readValue(reader, type.list)];
  } else if (typeof type === 'object' && 'map' in type) {
    const { key = '', value = '' } = readMessage(reader.bytes(), { 1: ['key', 'string'], 2: ['value', type.map] });
    object[name] = Object.fromEntries([...Object.entries((object[name] ?? {}) as JsonObject), [key, value]]);
  } else {
    const value = readValue(reader, type);
    if (value !== undefined) object[name] = value;
  }
}

function readValue(reader: BinaryReader, type: FieldType): unknown {
  if (type === 'string') return reader.string();
  if (type === 'bytes') return Buffer.from(reader.bytes()).toString('base64');
  if (type === 'bool') return reader.bool();
  if (type === 'integer') return Number(reader.int64());
  if (type === 'time') return readTime(reader.bytes());
  return 'message' in type ? readMessage(reader.bytes(), type.message) : reader.skip(WireType.LengthDelimited);
}

/** An instant; undefined for the zero time, which is an empty message. */
function readTime(bytes: Uint8Array): string | undefined {
  const { seconds } = readMessage(bytes, { 1: ['seconds', 'integer'] });
  return typeof seconds === 'number' ? timestamp(new Date(seconds * 1000)) : undefined;
}
