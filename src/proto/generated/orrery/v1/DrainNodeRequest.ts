// Original file: proto/orrery/v1/cluster_service.proto

import type { MoveOptionsInit as _orrery_v1_MoveOptionsInit, MoveOptionsMessage as _orrery_v1_MoveOptionsMessage } from '../../orrery/v1/MoveOptions.ts';

export interface DrainNodeRequestInit {
  /**
   * Its name as ListNodes shows it, like in the other requests.
   */
  'node'?: (string);
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  'options'?: (_orrery_v1_MoveOptionsInit | null);
}

export interface DrainNodeRequestMessage {
  /**
   * Its name as ListNodes shows it, like in the other requests.
   */
  'node': (string);
  'requestId': (string);
  'validateOnly': (boolean);
  'options': (_orrery_v1_MoveOptionsMessage | null);
}
