// Original file: proto/orrery/v1/vector_service.proto

import type { HitInit as _orrery_v1_HitInit, HitMessage as _orrery_v1_HitMessage } from '../../orrery/v1/Hit.ts';
import type { CompletenessInit as _orrery_v1_CompletenessInit, CompletenessMessage as _orrery_v1_CompletenessMessage } from '../../orrery/v1/Completeness.ts';
import type { TimingsInit as _orrery_v1_TimingsInit, TimingsMessage as _orrery_v1_TimingsMessage } from '../../orrery/v1/Timings.ts';
import type { ProfileInit as _orrery_v1_ProfileInit, ProfileMessage as _orrery_v1_ProfileMessage } from '../../orrery/v1/Profile.ts';
import type { Long } from '@grpc/proto-loader';

export interface SearchResponseInit {
  /**
   * Best first; equal ones by the bytes of namespace and key. Of equal ones that do not all fit, an exact
   * search returns the first by these bytes, an index search those that the index found.
   */
  'hits'?: (_orrery_v1_HitInit)[];
  'completeness'?: (_orrery_v1_CompletenessInit | null);
  /**
   * Epoch of the shard map the search started with; 0 when none was published yet.
   */
  'epoch'?: (number | string | Long);
  'timings'?: (_orrery_v1_TimingsInit | null);
  /**
   * With include_profile.
   */
  'profile'?: (_orrery_v1_ProfileInit | null);
}

export interface SearchResponseMessage {
  /**
   * Best first; equal ones by the bytes of namespace and key. Of equal ones that do not all fit, an exact
   * search returns the first by these bytes, an index search those that the index found.
   */
  'hits': (_orrery_v1_HitMessage)[];
  'completeness': (_orrery_v1_CompletenessMessage | null);
  /**
   * Epoch of the shard map the search started with; 0 when none was published yet.
   */
  'epoch': (string);
  'timings': (_orrery_v1_TimingsMessage | null);
  /**
   * With include_profile.
   */
  'profile': (_orrery_v1_ProfileMessage | null);
}
