// Original file: proto/orrery/v1/vector_service.proto

import type { TargetProfileInit as _orrery_v1_TargetProfileInit, TargetProfileMessage as _orrery_v1_TargetProfileMessage } from '../../orrery/v1/TargetProfile.ts';

export interface ProfileInit {
  'targets'?: (_orrery_v1_TargetProfileInit)[];
}

export interface ProfileMessage {
  'targets': (_orrery_v1_TargetProfileMessage)[];
}
