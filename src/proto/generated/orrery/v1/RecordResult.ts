// Original file: proto/orrery/v1/vector_service.proto

import type { StatusInit as _google_rpc_StatusInit, StatusMessage as _google_rpc_StatusMessage } from '../../google/rpc/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordResultInit {
  'namespace'?: (string);
  'key'?: (string);
  /**
   * The version now stored; of a delete, the one removed. 0 when nothing was applied.
   */
  'version'?: (number | string | Long);
  /**
   * Absent or code 0: the record was applied. Every other code: it was refused and nothing of it was applied,
   * though the call is OK; except UNKNOWN with reason WRITE_OUTCOME_UNKNOWN, when it may or may not have
   * been.
   */
  'status'?: (_google_rpc_StatusInit | null);
}

export interface RecordResultMessage {
  'namespace': (string);
  'key': (string);
  /**
   * The version now stored; of a delete, the one removed. 0 when nothing was applied.
   */
  'version': (string);
  /**
   * Absent or code 0: the record was applied. Every other code: it was refused and nothing of it was applied,
   * though the call is OK; except UNKNOWN with reason WRITE_OUTCOME_UNKNOWN, when it may or may not have
   * been.
   */
  'status': (_google_rpc_StatusMessage | null);
}
