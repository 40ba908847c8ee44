// Original file: proto/orrery/v1/collection_service.proto

import type { CollectionInit as _orrery_v1_CollectionInit, CollectionMessage as _orrery_v1_CollectionMessage } from '../../orrery/v1/Collection.ts';

export interface CreateCollectionRequestInit {
  'collection'?: (_orrery_v1_CollectionInit | null);
}

export interface CreateCollectionRequestMessage {
  'collection': (_orrery_v1_CollectionMessage | null);
}
