// Original file: proto/orrery/v1/vector_service.proto

import type { TargetProfileInit as _orrery_v1_TargetProfileInit, TargetProfileMessage as _orrery_v1_TargetProfileMessage } from '../../orrery/v1/TargetProfile.ts';

export interface ProfileInit {
  'targets'?: (_orrery_v1_TargetProfileInit)[];
  /**
   * Of a search with a filter: whether an index of the collection leads to its records. If not, all records
   * in its scope are looked at wherever they are compared.
   */
  'filterIndexed'?: (boolean);
  '_filterIndexed'?: "filterIndexed";
}

export interface ProfileMessage {
  'targets': (_orrery_v1_TargetProfileMessage)[];
  /**
   * Of a search with a filter: whether an index of the collection leads to its records. If not, all records
   * in its scope are looked at wherever they are compared.
   */
  'filterIndexed'?: (boolean);
}
