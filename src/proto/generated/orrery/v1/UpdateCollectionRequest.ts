// Original file: proto/orrery/v1/collection_service.proto

import type { FilterIndexInit as _orrery_v1_FilterIndexInit, FilterIndexMessage as _orrery_v1_FilterIndexMessage } from '../../orrery/v1/FilterIndex.ts';

export interface UpdateCollectionRequestInit {
  'name'?: (string);
  /**
   * One that is there already, the same by its name, fields and `where`, is left as it is.
   */
  'addFilterIndexes'?: (_orrery_v1_FilterIndexInit)[];
  /**
   * By name.
   */
  'dropFilterIndexes'?: (string)[];
  /**
   * As Collection.recall_target.
   */
  'recallTarget'?: (number | string);
  /**
   * Brings what Collection.lacks names, but for what `orrery migrate` does: builds indexes, and writes rows
   * anew whose vectors lie beside them.
   */
  'complete'?: (boolean);
  '_recallTarget'?: "recallTarget";
}

export interface UpdateCollectionRequestMessage {
  'name': (string);
  /**
   * One that is there already, the same by its name, fields and `where`, is left as it is.
   */
  'addFilterIndexes': (_orrery_v1_FilterIndexMessage)[];
  /**
   * By name.
   */
  'dropFilterIndexes': (string)[];
  /**
   * As Collection.recall_target.
   */
  'recallTarget'?: (number);
  /**
   * Brings what Collection.lacks names, but for what `orrery migrate` does: builds indexes, and writes rows
   * anew whose vectors lie beside them.
   */
  'complete': (boolean);
}
