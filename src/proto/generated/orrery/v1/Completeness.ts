// Original file: proto/orrery/v1/vector_service.proto

import type { TargetFailureInit as _orrery_v1_TargetFailureInit, TargetFailureMessage as _orrery_v1_TargetFailureMessage } from '../../orrery/v1/TargetFailure.ts';

export interface CompletenessInit {
  'targetsTotal'?: (number);
  'targetsOk'?: (number);
  /**
   * True when every target answered.
   */
  'complete'?: (boolean);
  'failures'?: (_orrery_v1_TargetFailureInit)[];
}

export interface CompletenessMessage {
  'targetsTotal': (number);
  'targetsOk': (number);
  /**
   * True when every target answered.
   */
  'complete': (boolean);
  'failures': (_orrery_v1_TargetFailureMessage)[];
}
