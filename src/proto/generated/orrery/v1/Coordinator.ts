// Original file: proto/orrery/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface CoordinatorInit {
  'id'?: (string);
  /**
   * `host:port` of its gRPC listener.
   */
  'address'?: (string);
  'version'?: (string);
  /**
   * Epoch of the map it serves from.
   */
  'epoch'?: (number | string | Long);
}

export interface CoordinatorMessage {
  'id': (string);
  /**
   * `host:port` of its gRPC listener.
   */
  'address': (string);
  'version': (string);
  /**
   * Epoch of the map it serves from.
   */
  'epoch': (string);
}
