// Original file: proto/orrery/v1/cluster_service.proto


export interface AddNodeRequestInit {
  /**
   * `host:port` by which the other nodes reach it, an address of IPv6 in brackets. 1-255 bytes.
   */
  'node'?: (string);
  /**
   * Joins this node group as a standby; unset: becomes the primary of a new group.
   */
  'standbyOfGroup'?: (number);
  /**
   * 1-128 bytes; see the head of the service.
   */
  'requestId'?: (string);
  'validateOnly'?: (boolean);
  '_standbyOfGroup'?: "standbyOfGroup";
}

export interface AddNodeRequestMessage {
  /**
   * `host:port` by which the other nodes reach it, an address of IPv6 in brackets. 1-255 bytes.
   */
  'node': (string);
  /**
   * Joins this node group as a standby; unset: becomes the primary of a new group.
   */
  'standbyOfGroup'?: (number);
  /**
   * 1-128 bytes; see the head of the service.
   */
  'requestId': (string);
  'validateOnly': (boolean);
}
