// Original file: proto/orrery/v1/cluster_service.proto

export const NodeRole = {
  NODE_ROLE_UNSPECIFIED: 'NODE_ROLE_UNSPECIFIED',
  NODE_ROLE_PRIMARY: 'NODE_ROLE_PRIMARY',
  NODE_ROLE_STANDBY: 'NODE_ROLE_STANDBY',
} as const;

export type NodeRoleInit =
  | 'NODE_ROLE_UNSPECIFIED'
  | 0
  | 'NODE_ROLE_PRIMARY'
  | 1
  | 'NODE_ROLE_STANDBY'
  | 2

export type NodeRoleMessage = typeof NodeRole[keyof typeof NodeRole]
