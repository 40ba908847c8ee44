// Original file: proto/orrery/v1/vector_service.proto


/**
 * What a number of searches found of the nearest records.
 */
export interface RecallSummaryInit {
  /**
   * Empty in `total`.
   */
  'namespace'?: (string);
  'queries'?: (number);
  /**
   * 0-1.
   */
  'mean'?: (number | string);
  /**
   * One query in a hundred found less; of fewer than a hundred the minimum.
   */
  'p1'?: (number | string);
  'minimum'?: (number | string);
  /**
   * Answers with fewer hits than the exact one.
   */
  'shortAnswers'?: (number);
}

/**
 * What a number of searches found of the nearest records.
 */
export interface RecallSummaryMessage {
  /**
   * Empty in `total`.
   */
  'namespace': (string);
  'queries': (number);
  /**
   * 0-1.
   */
  'mean': (number);
  /**
   * One query in a hundred found less; of fewer than a hundred the minimum.
   */
  'p1': (number);
  'minimum': (number);
  /**
   * Answers with fewer hits than the exact one.
   */
  'shortAnswers': (number);
}
