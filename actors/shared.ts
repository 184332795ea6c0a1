import { Ending, type Signal } from '../machines/names/ending.ts';
/**
 * Shares one call among all who ask for the same thing while it is under way: a pull of an image, for
 * example. The call is given up when the last of them has lost interest.
 */
export function sharing<Answer>() {
  const underWay = new Map<string, Flight<Answer>>();
  return {
    /** What is under way now, by its key. */
    keys: (): Iterable<string> => underWay.keys(),
    ask(key: string, signal: Signal, call: (ending: Signal) => Promise<Answer>): Promise<Answer> {
      if (signal.aborted) return Promise.reject(signal.reason);
      const flight = underWay.get(key) ?? begin(key, call);
      flight.asking += 1;
      return new Promise<Answer>((resolve, reject) => {
        const leave = () => {
          flight.asking -= 1;
          if (flight.asking === 0) flight.ending.abort();
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true });
        flight.answer
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', leave));
      });
    },
  };

  function begin(key: string, call: (ending: Signal) => Promise<Answer>): Flight<Answer> {
    const ending = new Ending();
    const forget = () => {
      if (underWay.get(key) === flight) underWay.delete(key);
    };
    // What is given up is not shared any more: whoever asks next begins anew.
    ending.onEnd(forget);
    const flight: Flight<Answer> = { asking: 0, ending, answer: call(ending) };
    underWay.set(key, flight);
    void flight.answer.then(forget, forget);
    return flight;
  }
}

interface Flight<Answer> {
  asking: number;
  ending: Ending;
  answer: Promise<Answer>;
}
