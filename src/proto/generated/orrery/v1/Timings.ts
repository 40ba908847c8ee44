// Original file: proto/orrery/v1/vector_service.proto


/**
 * Milliseconds on the coordinator.
 */
export interface TimingsInit {
  'planMs'?: (number | string);
  'scatterMs'?: (number | string);
  'mergeMs'?: (number | string);
  'totalMs'?: (number | string);
  /**
   * Of scatter_ms: the longest wait for a connection to a node, because others had them.
   */
  'queueMs'?: (number | string);
}

/**
 * Milliseconds on the coordinator.
 */
export interface TimingsMessage {
  'planMs': (number);
  'scatterMs': (number);
  'mergeMs': (number);
  'totalMs': (number);
  /**
   * Of scatter_ms: the longest wait for a connection to a node, because others had them.
   */
  'queueMs': (number);
}
