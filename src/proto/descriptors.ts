/** What the compiler of the proto says of the files: names, numbers, types, and what each file imports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { packageRoot } from "../lib/package-root.ts";

/** How a scalar field is written: as a varint of 32 or 64 bits, with a fixed length, or as bytes. */
export type ScalarEncoding = "varint32" | "varint64" | "fixed32" | "fixed64" | "string" | "bytes";

export interface FieldShape {
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  /** The full name of its message, or how a scalar is written. */
  readonly type: { readonly message: string } | { readonly scalar: ScalarEncoding };
}

export interface Descriptors {
  /** Each a google.protobuf.FileDescriptorProto, those of the imported files, too. */
  readonly files: readonly Buffer[];
  /** By full name, as `orrery.v1.SearchRequest`. */
  readonly messages: ReadonlyMap<string, readonly FieldShape[]>;
  /** Full names of the request messages by the path of their method, `/package.Service/Method`. */
  readonly requests: ReadonlyMap<string, string>;
}

/** The part of google.protobuf.FileDescriptorProto that is read here. */
interface FileJson {
  readonly package?: string;
  readonly messageType?: readonly MessageJson[];
  readonly service?: readonly {
    readonly name: string;
    readonly method?: readonly { readonly name: string; readonly inputType: string }[];
  }[];
}

interface MessageJson {
  readonly name: string;
  readonly field?: readonly {
    readonly name: string;
    readonly number: number;
    readonly label: string;
    readonly type: string;
    readonly typeName?: string;
  }[];
  readonly nestedType?: readonly MessageJson[];
}

/** Reads proto/orrery.binpb, which `npm run proto` writes. */
export function readDescriptors(): Descriptors {
  const set = descriptor.FileDescriptorSet.decode(readFileSync(join(packageRoot(), "proto/orrery.binpb")));
  const files = (set as unknown as { readonly file: readonly object[] }).file;
  const messages = new Map<string, readonly FieldShape[]>();
  const requests = new Map<string, string>();
  for (const file of files) {
    const json = descriptor.FileDescriptorProto.toObject(file as never, { enums: String }) as FileJson;
    const name = json.package ?? "";
    for (const message of json.messageType ?? []) addMessage(messages, name, message);
    for (const service of json.service ?? []) {
      for (const method of service.method ?? []) {
        requests.set(`/${name}.${service.name}/${method.name}`, method.inputType.slice(1));
      }
    }
  }
  const encoded = files.map((file) => {
    const bytes = descriptor.FileDescriptorProto.encode(file as never).finish();
    return Buffer.from(bytes);
  });
  return { files: encoded, messages, requests };
}

function addMessage(messages: Map<string, readonly FieldShape[]>, scope: string, message: MessageJson): void {
  const name = `${scope}.${message.name}`;
  const fields = (message.field ?? []).map(({ name, number, label, type, typeName }) => ({
    name,
    number,
    repeated: label === "LABEL_REPEATED",
    type: type === "TYPE_MESSAGE" ? { message: (typeName ?? "").slice(1) } : { scalar: encodingOf(type) },
  }));
  messages.set(name, fields);
  for (const nested of message.nestedType ?? []) addMessage(messages, name, nested);
}

function encodingOf(type: string): ScalarEncoding {
  switch (type) {
    case "TYPE_STRING":
      return "string";
    case "TYPE_BYTES":
      return "bytes";
    case "TYPE_DOUBLE":
    case "TYPE_FIXED64":
    case "TYPE_SFIXED64":
      return "fixed64";
    case "TYPE_FLOAT":
    case "TYPE_FIXED32":
    case "TYPE_SFIXED32":
      return "fixed32";
    case "TYPE_INT64":
    case "TYPE_UINT64":
    case "TYPE_SINT64":
      return "varint64";
    default:
      return "varint32";
  }
}
