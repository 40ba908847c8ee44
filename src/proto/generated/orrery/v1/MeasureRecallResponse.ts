// Original file: proto/orrery/v1/vector_service.proto

import type { RecallSummaryInit as _orrery_v1_RecallSummaryInit, RecallSummaryMessage as _orrery_v1_RecallSummaryMessage } from '../../orrery/v1/RecallSummary.ts';

export interface MeasureRecallResponseInit {
  /**
   * Absent when there was nothing to measure, or no time.
   */
  'total'?: (_orrery_v1_RecallSummaryInit | null);
  /**
   * In the order of the request; empty for all namespaces.
   */
  'namespaces'?: (_orrery_v1_RecallSummaryInit)[];
  /**
   * False: the time was up before all queries were asked.
   */
  'complete'?: (boolean);
}

export interface MeasureRecallResponseMessage {
  /**
   * Absent when there was nothing to measure, or no time.
   */
  'total': (_orrery_v1_RecallSummaryMessage | null);
  /**
   * In the order of the request; empty for all namespaces.
   */
  'namespaces': (_orrery_v1_RecallSummaryMessage)[];
  /**
   * False: the time was up before all queries were asked.
   */
  'complete': (boolean);
}
