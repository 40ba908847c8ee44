// Original file: proto/orrery/v1/cluster_service.proto

import type { MoveOptionsInit as _orrery_v1_MoveOptionsInit, MoveOptionsMessage as _orrery_v1_MoveOptionsMessage } from '../../orrery/v1/MoveOptions.ts';

export interface StartRebalanceRequestInit {
  'planId'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  'options'?: (_orrery_v1_MoveOptionsInit | null);
}

export interface StartRebalanceRequestMessage {
  'planId': (string);
  'requestId': (string);
  'validateOnly': (boolean);
  'options': (_orrery_v1_MoveOptionsMessage | null);
}
