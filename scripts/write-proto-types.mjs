// `npm run proto`: writes src/proto/generated, the types of the messages in proto/, and proto/orrery.binpb,
// their descriptors. With `--check` it writes nothing and fails when they are not those of the present proto.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "src/proto/generated");
const DESCRIPTORS = "orrery.binpb";
const descriptorTarget = join(root, "proto", DESCRIPTORS);

/** The options of src/proto/load-proto.ts, as the generator names them. */
const LOADER_OPTIONS = ["--longs=String", "--enums=String", "--defaults"];
/** A message as it was decoded, all of it there, and as it may be given to the encoder. */
const NAMES = ["--outputTemplate=%sMessage", "--inputTemplate=%sInit"];

function generate(folder) {
  const services = readdirSync(join(root, "proto/orrery/v1")).filter((name) =>
    name.endsWith("_service.proto"),
  );
  execFileSync(
    join(root, "node_modules/.bin/proto-loader-gen-types"),
    [
      ...LOADER_OPTIONS,
      ...NAMES,
      "--includeComments",
      "--grpcLib=@grpc/grpc-js",
      "--targetFileExtension=.ts",
      "--importFileExtension=.ts",
      "--includeDirs=proto",
      `--outDir=${folder}`,
      ...services.map((name) => `orrery/v1/${name}`),
      "google/rpc/error_details.proto",
    ],
    { cwd: root, stdio: "inherit" },
  );
  // Beside the folders of the packages it writes classes for its own way of making clients.
  for (const name of readdirSync(folder)) if (name.endsWith(".ts")) rmSync(join(folder, name));
}

/** A google.protobuf.FileDescriptorSet, as the compiler of the proto makes it. */
function writeDescriptors(file) {
  const options = ["--as-file-descriptor-set", "--exclude-source-info", "-o", file];
  execFileSync(join(root, "node_modules/.bin/buf"), ["build", "proto", ...options], {
    cwd: root,
    stdio: "inherit",
  });
}

function contentOf(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
  return JSON.stringify(files.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

if (process.argv.includes("--check")) {
  const folder = mkdtempSync(join(tmpdir(), "orrery-proto-"));
  try {
    generate(folder);
    const descriptors = join(folder, DESCRIPTORS);
    writeDescriptors(descriptors);
    if (
      contentOf(folder) !== contentOf(target) ||
      !readFileSync(descriptors).equals(readFileSync(descriptorTarget))
    ) {
      console.error("what was made of the proto is not what it says: run `npm run proto`");
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  rmSync(target, { recursive: true, force: true });
  generate(target);
  writeDescriptors(descriptorTarget);
}
