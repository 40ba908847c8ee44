// Original file: proto/orrery/v1/vector_service.proto

import type { RecordInit as _orrery_v1_RecordInit, RecordMessage as _orrery_v1_RecordMessage } from '../../orrery/v1/Record.ts';

export interface GetResponseInit {
  'records'?: (_orrery_v1_RecordInit)[];
}

export interface GetResponseMessage {
  'records': (_orrery_v1_RecordMessage)[];
}
