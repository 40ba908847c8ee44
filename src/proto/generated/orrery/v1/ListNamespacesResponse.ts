// Original file: proto/orrery/v1/namespace_service.proto

import type { NamespaceInit as _orrery_v1_NamespaceInit, NamespaceMessage as _orrery_v1_NamespaceMessage } from '../../orrery/v1/Namespace.ts';

export interface ListNamespacesResponseInit {
  /**
   * By the bytes of the name.
   */
  'namespaces'?: (_orrery_v1_NamespaceInit)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken'?: (string);
}

export interface ListNamespacesResponseMessage {
  /**
   * By the bytes of the name.
   */
  'namespaces': (_orrery_v1_NamespaceMessage)[];
  /**
   * Empty on the last page.
   */
  'nextPageToken': (string);
}
