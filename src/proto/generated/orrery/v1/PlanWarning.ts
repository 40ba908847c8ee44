// Original file: proto/orrery/v1/cluster_service.proto

import type { SeverityInit as _orrery_v1_SeverityInit, SeverityMessage as _orrery_v1_SeverityMessage } from '../../orrery/v1/Severity.ts';

export interface PlanWarningInit {
  'severity'?: (_orrery_v1_SeverityInit);
  /**
   * A word for programs, as in `wal_level` or `disk_full`.
   */
  'code'?: (string);
  /**
   * Empty when it is not about one node.
   */
  'node'?: (string);
  'message'?: (string);
}

export interface PlanWarningMessage {
  'severity': (_orrery_v1_SeverityMessage);
  /**
   * A word for programs, as in `wal_level` or `disk_full`.
   */
  'code': (string);
  /**
   * Empty when it is not about one node.
   */
  'node': (string);
  'message': (string);
}
