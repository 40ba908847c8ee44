/** The pause of a loop, which can be cut short. */

export interface Pacer {
  /** Resolves after `ms`, or at once when woken. One caller at a time. */
  wait(ms: number): Promise<void>;
  /** Ends the present wait, or else the next one: a wake-up is never lost. */
  wake(): void;
}

export function createPacer(): Pacer {
  let woken = false;
  let endWait: (() => void) | undefined;
  return {
    async wait(ms) {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          endWait = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        endWait = undefined;
      }
      woken = false;
    },
    wake() {
      woken = true;
      endWait?.();
    },
  };
}
