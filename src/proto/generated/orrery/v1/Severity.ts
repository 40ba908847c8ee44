// Original file: proto/orrery/v1/cluster_service.proto

export const Severity = {
  SEVERITY_UNSPECIFIED: 'SEVERITY_UNSPECIFIED',
  SEVERITY_NOTICE: 'SEVERITY_NOTICE',
  SEVERITY_WARNING: 'SEVERITY_WARNING',
  /**
   * StartRebalance refuses the plan.
   */
  SEVERITY_BLOCKING: 'SEVERITY_BLOCKING',
} as const;

export type SeverityInit =
  | 'SEVERITY_UNSPECIFIED'
  | 0
  | 'SEVERITY_NOTICE'
  | 1
  | 'SEVERITY_WARNING'
  | 2
  /**
   * StartRebalance refuses the plan.
   */
  | 'SEVERITY_BLOCKING'
  | 3

export type SeverityMessage = typeof Severity[keyof typeof Severity]
