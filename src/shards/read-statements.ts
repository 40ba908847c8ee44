/** The statements of the read path as one value, so that the query stages import only types. */
import { countStatement, decodeCount } from "./sql/count.ts";
import { decodeEstimates, estimateStatement } from "./sql/estimate.ts";
import { decodeRecord, getStatement } from "./sql/get.ts";
import { decodeListed, listStatement } from "./sql/list.ts";
import { decodeNamespaceSize, namespaceSizeStatement } from "./sql/namespace-size.ts";
import { decodeNamespace, namespacesStatement } from "./sql/namespaces.ts";
import { payloadStatement } from "./sql/payload.ts";
import { decodeSampled, sampleStatement } from "./sql/sample.ts";
import { decodeFound } from "./sql/search.ts";
import { createSearchStatements } from "./sql/search-texts.ts";

export const createReadStatements = () => ({
  searchStatement: createSearchStatements(),
  decodeFound,
  payloadStatement,
  estimateStatement,
  decodeEstimates,
  getStatement,
  decodeRecord,
  listStatement,
  decodeListed,
  countStatement,
  decodeCount,
  sampleStatement,
  decodeSampled,
  namespacesStatement,
  decodeNamespace,
  namespaceSizeStatement,
  decodeNamespaceSize,
});

export type ReadStatements = ReturnType<typeof createReadStatements>;
