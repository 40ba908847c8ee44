// Original file: proto/orrery/v1/collection_service.proto

import type { CollectionInit as _orrery_v1_CollectionInit, CollectionMessage as _orrery_v1_CollectionMessage } from '../../orrery/v1/Collection.ts';

export interface ListCollectionsResponseInit {
  /**
   * By name.
   */
  'collections'?: (_orrery_v1_CollectionInit)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListCollectionsResponseMessage {
  /**
   * By name.
   */
  'collections': (_orrery_v1_CollectionMessage)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
