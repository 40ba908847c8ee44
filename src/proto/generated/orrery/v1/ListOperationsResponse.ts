// Original file: proto/orrery/v1/operation_service.proto

import type { OperationInit as _orrery_v1_OperationInit, OperationMessage as _orrery_v1_OperationMessage } from '../../orrery/v1/Operation.ts';
import type { UnreadableOperationInit as _orrery_v1_UnreadableOperationInit, UnreadableOperationMessage as _orrery_v1_UnreadableOperationMessage } from '../../orrery/v1/UnreadableOperation.ts';

export interface ListOperationsResponseInit {
  'operations'?: (_orrery_v1_OperationInit)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
  /**
   * Records that cannot be read, of every kind and on every page. Nothing runs them; all others go on.
   */
  'unreadable'?: (_orrery_v1_UnreadableOperationInit)[];
}

export interface ListOperationsResponseMessage {
  'operations': (_orrery_v1_OperationMessage)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
  /**
   * Records that cannot be read, of every kind and on every page. Nothing runs them; all others go on.
   */
  'unreadable': (_orrery_v1_UnreadableOperationMessage)[];
}
