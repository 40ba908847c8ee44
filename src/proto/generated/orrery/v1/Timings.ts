// Original file: proto/orrery/v1/vector_service.proto


/**
 * Milliseconds on the coordinator.
 */
export interface TimingsInit {
  'planMs'?: (number | string);
  'scatterMs'?: (number | string);
  'mergeMs'?: (number | string);
  'totalMs'?: (number | string);
}

/**
 * Milliseconds on the coordinator.
 */
export interface TimingsMessage {
  'planMs': (number);
  'scatterMs': (number);
  'mergeMs': (number);
  'totalMs': (number);
}
