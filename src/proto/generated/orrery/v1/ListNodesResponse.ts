// Original file: proto/orrery/v1/cluster_service.proto

import type { NodeInit as _orrery_v1_NodeInit, NodeMessage as _orrery_v1_NodeMessage } from '../../orrery/v1/Node.ts';

export interface ListNodesResponseInit {
  'nodes'?: (_orrery_v1_NodeInit)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListNodesResponseMessage {
  'nodes': (_orrery_v1_NodeMessage)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
