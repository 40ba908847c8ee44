// Original file: proto/orrery/v1/vector_service.proto

export const WriteMode = {
  /**
   * The default: WRITE_MODE_UPSERT.
   */
  WRITE_MODE_UNSPECIFIED: 'WRITE_MODE_UNSPECIFIED',
  /**
   * Replaces the record or creates it.
   */
  WRITE_MODE_UPSERT: 'WRITE_MODE_UPSERT',
  /**
   * Refuses a record that exists (ALREADY_EXISTS in its result; the call is OK).
   */
  WRITE_MODE_INSERT: 'WRITE_MODE_INSERT',
  /**
   * Refuses a record that does not exist (NOT_FOUND in its result; the call is OK). Absent fields stay as
   * they are, so a value, metadata or tags cannot be taken away in this mode.
   */
  WRITE_MODE_UPDATE: 'WRITE_MODE_UPDATE',
  /**
   * Compare and set: replaces the record only if its version is the given one; version 0: it must not exist.
   * A record that was refused has ABORTED or NOT_FOUND in its result; the call is OK.
   */
  WRITE_MODE_IF_VERSION: 'WRITE_MODE_IF_VERSION',
} as const;

export type WriteModeInit =
  /**
   * The default: WRITE_MODE_UPSERT.
   */
  | 'WRITE_MODE_UNSPECIFIED'
  | 0
  /**
   * Replaces the record or creates it.
   */
  | 'WRITE_MODE_UPSERT'
  | 1
  /**
   * Refuses a record that exists (ALREADY_EXISTS in its result; the call is OK).
   */
  | 'WRITE_MODE_INSERT'
  | 2
  /**
   * Refuses a record that does not exist (NOT_FOUND in its result; the call is OK). Absent fields stay as
   * they are, so a value, metadata or tags cannot be taken away in this mode.
   */
  | 'WRITE_MODE_UPDATE'
  | 3
  /**
   * Compare and set: replaces the record only if its version is the given one; version 0: it must not exist.
   * A record that was refused has ABORTED or NOT_FOUND in its result; the call is OK.
   */
  | 'WRITE_MODE_IF_VERSION'
  | 4

export type WriteModeMessage = typeof WriteMode[keyof typeof WriteMode]
